import { describe, expect, it } from 'vitest';
import { ENOENT } from '../../../src/kernel/lib/errno.ts';
import { boot } from '../dax/booted.ts';

const MODPROBE = '/sys/kernel/debug/daxsim/modprobe';

describe('modprobe -r', () => {
  it('takes away a module, and what nothing needs any more', () => {
    const shell = boot('6.12');
    shell.write(MODPROBE, 'nd_pmem');
    expect(shell.exists('/sys/module/nd_btt')).toBe(true);
    shell.write(MODPROBE, '-r nd_pmem');
    expect(shell.exists('/sys/module/nd_pmem')).toBe(false);
    expect(shell.exists('/sys/module/nd_btt')).toBe(false);
    expect(shell.exists('/sys/module/libnvdimm')).toBe(false);
  });

  it('is content with a module that is not loaded, not with one that does not exist', () => {
    const shell = boot('6.12');
    shell.write('/sys/kernel/debug/daxsim/rmmod', 'kmem');
    expect(shell.write(MODPROBE, '-r kmem')).not.toEqual(ENOENT);
    expect(shell.write(MODPROBE, '-r nosuch')).toEqual(ENOENT);
  });
});
