import { describe, expect, it } from 'vitest';
import { EINVAL } from '../../../src/kernel/lib/errno.ts';
import type { Shell } from '../../model/shell.ts';
import { boot, DAX, DRIVERS, logged } from './booted.ts';

const ODD = '180001000-180200fff';
const CUT_HERE = '------------[ cut here ]------------';
const END = '---[ end trace 0000000000000000 ]---';
const at = (site: string): string => `WARNING: CPU: 0 PID: 1 at ${site}+0x0/0x0`;

/** dax0.0 is of one range that starts in the middle of 2 MiB. */
function withOddMapping(kernel: string): Shell {
  const shell = boot(kernel);
  shell.write(`${DRIVERS}/kmem/unbind`, 'dax0.0');
  shell.write(`${DRIVERS}/device_dax/unbind`, 'dax0.0');
  shell.write(`${DAX}/size`, '0');
  expect(shell.write(`${DAX}/mapping`, ODD)).toBe(ODD.length);
  return shell;
}

describe('a range that does not start at 2 MiB', () => {
  it.each([
    ['6.12', '0x180200', 'mm/memory_hotplug.c:414', 'arch/x86/mm/init_64.c:986'],
    ['6.1', '#180200', 'mm/memory_hotplug.c:328', 'arch/x86/mm/init_64.c:978'],
  ])('makes device_dax of %s fail with the reports of two warnings', (kernel, end, inner, outer) => {
    const shell = withOddMapping(kernel);
    const log = logged(shell, () => shell.write(`${DRIVERS}/device_dax/new_id`, 'dax0.0'));
    expect(log.slice(0, -1)).toEqual([
      CUT_HERE,
      `Misaligned __add_pages start: 0x180001 end: ${end}`,
      at(`${inner} __add_pages`),
      END,
      CUT_HERE,
      at(`${outer} add_pages`),
      END,
    ]);
    expect(log.at(-1)).toContain('failed with error -22');
    expect(shell.write(`${DRIVERS}/device_dax/bind`, 'dax0.0')).toEqual(EINVAL);
  });
});
