import { describe, expect, it } from 'vitest';
import { EINVAL } from '../../../src/kernel/lib/errno.ts';
import { boot, logged } from '../dax/booted.ts';

const MODPROBE = '/sys/kernel/debug/daxsim/modprobe';
const IDLE = '/sys/module/dax_hmem/parameters/region_idle';

/** A machine without dax_hmem, what `modprobe` answers for a command line of it, and what is logged. */
function load(words: string) {
  const shell = boot('6.12');
  shell.write('/sys/kernel/debug/daxsim/rmmod', 'dax_hmem');
  let answer: unknown;
  const log = logged(shell, () => {
    answer = shell.write(MODPROBE, `dax_hmem ${words}`);
  });
  return { shell, answer, log };
}

describe('a parameter of modprobe', () => {
  it('that cannot be read keeps the module out', () => {
    const { shell, answer, log } = load('region_idle=perhaps');
    expect(answer).toEqual(EINVAL);
    expect(log).toEqual(["dax_hmem: `perhaps' invalid for parameter `region_idle'"]);
    expect(shell.exists(IDLE)).toBe(false);
  });

  it('that the module does not know is ignored with a warning', () => {
    const { shell, log } = load('region_idel=1');
    expect(log[0]).toBe("dax_hmem: unknown parameter 'region_idel' ignored");
    expect(shell.read(IDLE)).toBe('N\n');
  });

  it('that every module takes is no unknown one', () => {
    expect(load('dyndbg=+p async_probe').log[0]).not.toContain('unknown parameter');
  });

  it('without a value is true', () => {
    expect(load('region_idle').shell.read(IDLE)).toBe('Y\n');
  });
});
