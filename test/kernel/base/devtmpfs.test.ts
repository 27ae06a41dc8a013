import { describe, expect, it } from 'vitest';
import { KERNEL } from '../../../src/kernel/fs/file-system.ts';
import { isErrno } from '../../../src/kernel/lib/errno.ts';
import { O_CREAT, O_WRONLY, S_IFCHR, S_IFMT, S_IFREG } from '../../../src/kernel/lib/stat.ts';
import { EngineCalls } from '../../../src/user/calls/engine-calls.ts';
import { boot, DAX } from '../dax/booted.ts';

const NODE = '/dev/dax0.0';

describe('a device node', () => {
  it('does not take the name of a file that a program made, nor with it when it goes', () => {
    const shell = boot('6.12');
    const calls = new EngineCalls(shell.fileSystem, KERNEL);
    const type = () => {
      const status = calls.lstat(NODE);
      return isErrno(status) ? status.name : status.mode & S_IFMT;
    };
    expect(type()).toBe(S_IFCHR);
    shell.write('/sys/kernel/debug/daxsim/rmmod', 'dax_hmem');
    expect(type()).toBe('ENOENT');
    calls.open(NODE, O_WRONLY | O_CREAT);
    shell.write('/sys/kernel/debug/daxsim/modprobe', 'dax_hmem');
    expect(shell.exists(DAX)).toBe(true);
    expect(type()).toBe(S_IFREG);
    shell.write('/sys/kernel/debug/daxsim/rmmod', 'dax_hmem');
    expect(type()).toBe(S_IFREG);
  });
});
