import { describe, expect, it } from 'vitest';
import { KERNEL } from '../../../src/kernel/fs/file-system.ts';
import { throwBug } from '../../../src/kernel/fs/guarded-file.ts';
import { isErrno, type Result } from '../../../src/kernel/lib/errno.ts';
import { MAP_PRIVATE, MAP_SHARED, PROT_WRITE } from '../../../src/kernel/lib/mman.ts';
import { O_DIRECT, O_NOFOLLOW, O_RDWR } from '../../../src/kernel/lib/stat.ts';
import { presetMachine } from '../../../src/machine/presets/index.ts';
import { createRack } from '../../../src/machine/rack.ts';
import { readScenario } from '../../../src/replay/scenario.ts';
import { EngineCalls } from '../../../src/user/calls/engine-calls.ts';
import { openFlags } from '../../../src/user/system-calls.ts';
import { recordedTree } from '../../replay/recorded-tree.ts';

const GOLDEN = new URL('../../golden/', import.meta.url).pathname;
const { dumps } = readScenario(`${GOLDEN}6.12-02-driver-attrs`);
const tree = recordedTree(dumps.get('before')!);
const calls = new EngineCalls(tree, KERNEL);
const SIZE = '/sys/devices/platform/hmem.0/dax0.0/size';

const name = (result: Result<unknown>) => (isErrno(result) ? result.name : 'OK');
function opened(path: string, flags: string): number {
  const fd = calls.open(path, openFlags[flags]!);
  if (isErrno(fd)) throw new Error(`${path}: ${fd.name}`);
  return fd;
}

describe('open', () => {
  it('with O_DIRECT is EINVAL but for a disk', () => {
    const { fileSystem } = createRack([{ description: presetMachine('legacy-pmem')! }], {
      clock: () => 0n,
      onBug: throwBug,
    });
    const machine = new EngineCalls(fileSystem, KERNEL);
    expect(name(machine.open('/proc/iomem', O_DIRECT))).toBe('EINVAL');
    expect(name(machine.open('/dev/pmem0', O_DIRECT))).toBe('OK');
  });
});

describe('paths', () => {
  it('lead through relative links and past dots', () => {
    expect(calls.readlink('/sys/bus/dax/devices/dax0.0')).toBe('../../../devices/platform/hmem.0/dax0.0');
    expect(name(calls.stat('/sys/bus/dax/devices/dax0.0/../dax_region/id'))).toBe('OK');
    expect(name(calls.stat('/sys/bus/dax/devices/dax0.0/'))).toBe('OK');
  });

  it('end at files and at missing names as in a kernel', () => {
    expect(name(calls.stat(`${SIZE}/x`))).toBe('ENOTDIR');
    expect(name(calls.stat(`${SIZE}/`))).toBe('ENOTDIR');
    expect(name(calls.stat('/sys/nowhere/x'))).toBe('ENOENT');
    expect(name(calls.open('/sys/bus/dax/devices/dax0.0', O_NOFOLLOW))).toBe('ELOOP');
  });

  it('do not remember a directory for somebody who may not search it', () => {
    const other = new EngineCalls(tree, { uid: 1000, gid: 1000, pid: 1 });
    expect(name(calls.chmod('/sys/bus/node', 0o700))).toBe('OK');
    expect(name(other.stat('/sys/bus/node/devices'))).toBe('EACCES');
    calls.chmod('/sys/bus/node', 0o755);
    expect(name(other.stat('/sys/bus/node/devices'))).toBe('OK');
  });
});

describe('descriptors', () => {
  it('refuse the direction that they were not opened for: pwrite of a sysfs file with ESPIPE', () => {
    const reader = opened(SIZE, 'O_RDONLY');
    const writer = opened(SIZE, 'O_WRONLY');
    expect(name(calls.write(reader, Buffer.from('0')))).toBe('EBADF');
    expect(name(calls.pwrite(reader, Buffer.from('0'), 0))).toBe('ESPIPE');
    expect(name(calls.read(writer, 16))).toBe('EBADF');
    expect(name(calls.pread(writer, 16, 0))).toBe('EBADF');
    expect(name(calls.pread(writer, 16, -1))).toBe('EINVAL');
  });

  it('keep a position that lseek moves and pread does not', () => {
    const fd = opened(SIZE, 'O_RDONLY');
    expect(calls.read(fd, 4)).toEqual(Buffer.from('2147'));
    expect(calls.pread(fd, 2, 0)).toEqual(Buffer.from('21'));
    expect(calls.lseek(fd, 1, 1)).toBe(5);
    expect(calls.lseek(fd, 0, 2)).toBe(4096);
    expect(name(calls.lseek(fd, 0, 9))).toBe('EINVAL');
  });

  it('go to no negative position', () => {
    const fd = opened(SIZE, 'O_RDONLY');
    expect(name(calls.lseek(fd, -1, 0))).toBe('EINVAL');
    expect(name(calls.lseek(opened('/proc/iomem', 'O_RDONLY'), -1, 0))).toBe('EINVAL');
  });

  it('are gone after close', () => {
    const fd = opened(SIZE, 'O_RDONLY');
    expect(calls.close(fd)).toBeUndefined();
    expect(name(calls.read(fd, 1))).toBe('EBADF');
    expect(name(calls.close(fd))).toBe('EBADF');
  });

  it('on a directory read as EISDIR', () => {
    expect(name(calls.read(opened('/sys/bus/dax', 'O_RDONLY'), 1))).toBe('EISDIR');
    expect(name(calls.open('/sys/bus/dax', O_RDWR))).toBe('EISDIR');
  });

  it('map only when length, offset, access and file allow, asked in that order', () => {
    const reader = opened(SIZE, 'O_RDONLY');
    expect(name(calls.mmap(reader, 4096, 2048, PROT_WRITE, MAP_SHARED))).toBe('EINVAL');
    expect(name(calls.mmap(reader, 0, 0, PROT_WRITE, MAP_SHARED))).toBe('EINVAL');
    expect(name(calls.mmap(reader, 4096, 0, PROT_WRITE, MAP_SHARED))).toBe('EACCES');
    expect(name(calls.mmap(reader, 4096, 0, PROT_WRITE, MAP_PRIVATE))).toBe('ENODEV');
    expect(name(calls.mmap(opened(SIZE, 'O_WRONLY'), 4096, 0, 0, MAP_SHARED))).toBe('EACCES');
  });
});
