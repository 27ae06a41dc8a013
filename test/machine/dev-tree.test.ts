import { describe, expect, it } from 'vitest';
import type { Caller } from '../../src/kernel/fs/file-system.ts';
import { throwBug } from '../../src/kernel/fs/guarded-file.ts';
import { READ_MAX } from '../../src/kernel/fs/memory-device.ts';
import { RAM_FILE_MAX, RAM_SPACE_MAX } from '../../src/kernel/fs/ram-file.ts';
import { isErrno, type Result } from '../../src/kernel/lib/errno.ts';
import { O_RDWR, O_WRONLY } from '../../src/kernel/lib/stat.ts';
import { machineFromContent } from '../../src/machine/parse-machine.ts';
import { createRack } from '../../src/machine/rack.ts';
import { Shell } from '../model/shell.ts';

const ROOT: Caller = { uid: 0, gid: 0, pid: 1 };
const USER: Caller = { uid: 1000, gid: 1000, pid: 2 };
const MIB = new Uint8Array(2 ** 20).fill(1);
const LAB = {
  nodes: [{ cpus: 1, ram: '2GiB' }, {}],
  soft_reserved: [{ size: '1GiB', node: 1 }],
  modules: ['device_dax', 'dax_hmem'],
};

function boot() {
  const description = machineFromContent(LAB, 'lab.yaml');
  if (Array.isArray(description)) throw new Error(JSON.stringify(description));
  const { fileSystem } = createRack([{ description }], {
    clock: () => 0n,
    onBug: throwBug,
  });
  const shell = new Shell(fileSystem);
  const inode = (path: string) => shell.resolve(path) as never;
  const open = (path: string, flags = O_RDWR, caller = USER) =>
    ok(fileSystem.open(inode(path), flags, caller));
  return { fileSystem, shell, inode, open };
}

function ok<T>(result: Result<T>): T {
  if (isErrno(result)) throw new Error(result.name);
  return result;
}

describe('the devices of /dev without content', () => {
  it.each(['null', 'zero', 'random', 'urandom'])(
    'dev/%s takes what any user writes anywhere, and keeps none',
    name => {
      const { fileSystem, inode, open } = boot();
      const file = open(`/dev/${name}`);
      expect(file.write(64 * 2 ** 40, MIB)).toBe(MIB.length);
      expect(fileSystem.setattr(inode(`/dev/${name}`), { size: 64 * 2 ** 40 }, USER)).toMatchObject({
        size: 0,
      });
    },
  );

  it('dev/null reads as its end, dev/zero and dev/full as zeroes, dev/urandom never twice the same', () => {
    const { open } = boot();
    expect(open('/dev/null').read(0, 8)).toEqual(new Uint8Array(0));
    for (const name of ['zero', 'full'])
      expect(open(`/dev/${name}`).read(2 ** 40, 8)).toEqual(new Uint8Array(8));
    const random = open('/dev/urandom');
    expect(random.read(0, 16)).not.toEqual(random.read(0, 16));
  });

  it('dev/full has no space, and terminals have hung up', () => {
    const { open } = boot();
    expect(open('/dev/full').write(0, MIB)).toMatchObject({ name: 'ENOSPC' });
    expect(open('/dev/tty').read(0, 8)).toHaveLength(0);
    expect(open('/dev/tty').write(0, MIB)).toMatchObject({ name: 'EIO' });
  });

  it('comes to an end for who walks through the tree and reads all', () => {
    const file = boot().open('/dev/zero');
    let total = 0;
    for (let read = 1; read > 0; total += read) read = (file.read(total, 2 ** 20) as Uint8Array).length;
    expect(total).toBe(READ_MAX);
  });

  it('takes a record for kmsg of 1,024 bytes, and none that is longer', () => {
    const { open, shell } = boot();
    const kmsg = open('/dev/kmsg', O_WRONLY, ROOT);
    expect(kmsg.write(0, MIB.subarray(0, 1025))).toMatchObject({ name: 'EINVAL' });
    expect(kmsg.write(0, Buffer.from('hello'.padEnd(1024)))).toBe(1024);
    expect(shell.read('/sys/kernel/debug/daxsim/log')).toMatch(/hello\n$/);
  });
});

describe('files that programs make in /dev', () => {
  it('are sparse, and end at their greatest size and when the space is used up', () => {
    const { fileSystem, inode } = boot();
    const { file } = ok(fileSystem.create(inode('/dev/shm'), 'big', O_RDWR, 0o666, ROOT));
    expect(file.write(2 ** 43, MIB)).toBe(MIB.length);
    expect(file.write(RAM_FILE_MAX, MIB)).toMatchObject({ name: 'EFBIG' });
    let held = MIB.length;
    for (let at = 0; file.write(at, MIB) === MIB.length; at += MIB.length) held += MIB.length;
    expect(file.write(0, MIB)).toMatchObject({ name: 'ENOSPC' });
    expect(held).toBeLessThanOrEqual(RAM_SPACE_MAX);
    file.release();
    ok(fileSystem.unlink(inode('/dev/shm'), 'big', ROOT));
    const { file: next } = ok(fileSystem.create(inode('/dev'), 'next', O_RDWR, 0o666, ROOT));
    expect(next.write(0, MIB)).toBe(MIB.length);
  });

  it('read as zeroes where they were cut and grew again', () => {
    const { fileSystem, inode } = boot();
    const { inode: made, file } = ok(fileSystem.create(inode('/dev'), 'f', O_RDWR, 0o666, ROOT));
    file.write(0, MIB.subarray(0, 6000));
    fileSystem.setattr(made, { size: 5000 }, ROOT);
    fileSystem.setattr(made, { size: 6000 }, ROOT);
    expect([...(file.read(4999, 5000) as Uint8Array)]).toEqual([1, ...new Array(1000).fill(0)]);
  });
});

describe('the name of a live device in /dev', () => {
  it('is not unlinked, renamed or created over by root, so that daxctl keeps its device', () => {
    const { fileSystem, inode, shell } = boot();
    const dev = inode('/dev');
    ok(fileSystem.create(dev, 'mine', O_RDWR, 0o666, ROOT));
    const busy = { name: 'EBUSY' };
    expect(fileSystem.unlink(dev, 'dax0.0', ROOT)).toMatchObject(busy);
    expect(fileSystem.rename(dev, 'dax0.0', dev, 'other', 0, ROOT)).toMatchObject(busy);
    expect(fileSystem.rename(dev, 'mine', dev, 'dax0.0', 0, ROOT)).toMatchObject(busy);
    expect(fileSystem.create(dev, 'dax0.0', O_RDWR, 0o666, ROOT)).toMatchObject({ name: 'EEXIST' });
    ok(fileSystem.mknod(dev, 'made', 0o20600, { major: 1, minor: 3 }, ROOT));
    expect(fileSystem.unlink(dev, 'made', ROOT)).toBeUndefined();
    shell.write('/sys/kernel/debug/daxsim/rmmod', 'dax_hmem');
    expect(shell.exists('/dev/dax0.0')).toBe(false);
  });
});
