import { describe, expect, it } from 'vitest';
import { formatIomem, formatResource, formatResourceRaw } from '../../../src/kernel/resource/iomem-format.ts';
import {
  createIomem,
  flagBits,
  IORESOURCE_DISABLED,
  IORESOURCE_MEM,
  IORESOURCE_MEM_64,
  IORESOURCE_PREFETCH,
  IORESOURCE_UNSET,
  insertResource,
  Resource,
} from '../../../src/kernel/resource/resource.ts';

describe('%pR', () => {
  it.each([
    [0x140000000n, 0x33fffffffn, IORESOURCE_MEM, '[mem 0x140000000-0x33fffffff]'],
    [0n, 0xfffn, IORESOURCE_MEM, '[mem 0x00000000-0x00000fff]'],
    [0xfee00000n, 0xfee00000n, IORESOURCE_MEM, '[mem 0xfee00000]'],
    [0n, 0xffffn, flagBits(IORESOURCE_MEM, IORESOURCE_UNSET), '[mem size 0x00010000]'],
    [
      0x1000n,
      0x1fffn,
      flagBits(IORESOURCE_MEM, IORESOURCE_MEM_64, IORESOURCE_PREFETCH, IORESOURCE_DISABLED),
      '[mem 0x00001000-0x00001fff 64bit pref disabled]',
    ],
    [0x1000n, 0x1fffn, 0x80000000, '[??? 0x00001000-0x00001fff flags 0x80000000]'],
  ])('%s-%s with flags %s', (start, end, flags, text) => {
    expect(formatResource({ start, end, flags })).toBe(text);
  });

  it('%pr prints the flags as a number', () => {
    expect(formatResourceRaw({ start: 0x1000n, end: 0x1fffn })).toBe(
      '[mem 0x00001000-0x00001fff flags 0x200]',
    );
  });
});

describe('/proc/iomem', () => {
  const root = createIomem();
  for (let depth = 0; depth < 7; depth++) {
    insertResource(
      root,
      new Resource({ start: 0x100000000n, end: 0x1ffffffffn - BigInt(depth), name: `level ${depth}` }),
    );
  }
  insertResource(root, new Resource({ start: 0x1000n, end: 0x1fffn }));

  it('indents five levels at most and names what has no name', () => {
    const lines = formatIomem(root, true).split('\n');
    expect(lines[0]).toBe('00001000-00001fff : <BAD>');
    expect(lines[1]).toBe('100000000-1ffffffff : level 0');
    expect(lines[6]).toBe(`${' '.repeat(10)}100000000-1fffffffa : level 5`);
    expect(lines[7]).toBe(`${' '.repeat(10)}100000000-1fffffff9 : level 6`);
  });

  it('hides the addresses, not the lines, from callers without privilege', () => {
    expect(formatIomem(root, false).split('\n').slice(0, 3)).toEqual([
      '00000000-00000000 : <BAD>',
      '00000000-00000000 : level 0',
      '  00000000-00000000 : level 1',
    ]);
  });
});
