import { describe, expect, it } from 'vitest';
import { lastValue, memparse, moduleParameters, parseCommandLine } from '../../src/machine/cmdline.ts';

describe('the kernel command line', () => {
  it('splits at blanks, keeps quoted blanks, and reads - as _ in names', () => {
    expect(
      parseCommandLine('  quiet console=ttyS0,115200\tdyndbg="file a.c +p; b" kernel-core=1 x="a=b"'),
    ).toEqual([
      { name: 'quiet', value: undefined },
      { name: 'console', value: 'ttyS0,115200' },
      { name: 'dyndbg', value: 'file a.c +p; b' },
      { name: 'kernel_core', value: '1' },
      { name: 'x', value: 'a=b' },
    ]);
  });

  it('takes the last of repeated words', () => {
    const line = parseCommandLine('memhp_default_state=online quiet memhp_default_state=offline');
    expect(lastValue(line, 'memhp_default_state')).toBe('offline');
    expect(lastValue(line, 'numa')).toBeUndefined();
  });

  it('gathers the parameters of a module, whose name may be written with - or _', () => {
    const line = parseCommandLine('dax-hmem.region_idle=1 dax_hmem.x kmem.y=2 dax_hmem.region_idle=0');
    expect(moduleParameters(line, 'dax_hmem')).toEqual(['region_idle=1', 'x', 'region_idle=0']);
  });
});

describe('memparse', () => {
  it.each([
    ['900M%0x1', 900n << 20n, '%0x1'],
    ['0x180000000-1', 0x180000000n, '-1'],
    ['2g', 2n << 30n, ''],
    ['1T!', 1n << 40n, '!'],
    ['010', 8n, ''],
    ['64KiB', 64n << 10n, 'iB'],
  ])('%s', (text, value, rest) => expect(memparse(text)).toEqual({ value, rest }));

  it('is undefined without a digit', () => expect(memparse('M')).toBeUndefined());
});
