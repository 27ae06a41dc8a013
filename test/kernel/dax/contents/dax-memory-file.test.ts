import { describe, expect, it } from 'vitest';
import { DaxMemory } from '../../../../src/kernel/dax/contents/dax-memory.ts';
import { MemoryTree } from '../../../../src/kernel/dax/contents/dax-memory-tree.ts';
import type { Directory } from '../../../../src/kernel/fs/directory.ts';
import type { Inode, OpenFile } from '../../../../src/kernel/fs/file-system.ts';
import { ENOENT, ENOSPC, ENXIO, isErrno } from '../../../../src/kernel/lib/errno.ts';
import { O_RDWR, S_IFLNK, S_IFREG } from '../../../../src/kernel/lib/stat.ts';
import { GIB } from '../../mm/device-memory.ts';
import { CALLER, DaxMachine, REGION_START } from '../machine.ts';

const bytes = (text: string) => new Uint8Array(Buffer.from(text));

function served({ inDev = false, size = GIB } = {}) {
  const machine = new DaxMachine(size);
  const memory = new DaxMemory();
  const directory = machine.core.kernelDirectory.addDirectory('mem');
  new MemoryTree(directory, machine.bus, memory, { inDev });
  const { vfs, core } = machine;
  const lookup = (name = 'dax0.0') => vfs.lookup(inDev ? core.dev : directory, name);
  const node = (name?: string): Inode => {
    const found = lookup(name);
    if (isErrno(found)) throw new Error(`lookup: ${found}`);
    return found;
  };
  const tryOpen = (name?: string) => vfs.open(node(name), O_RDWR, CALLER);
  const open = (name?: string): OpenFile => {
    const file = tryOpen(name);
    if (isErrno(file)) throw new Error(`open: ${file}`);
    return file;
  };
  return { machine, memory, directory, lookup, node, tryOpen, open };
}

function text(file: OpenFile, offset: number, length: number): string {
  const data = file.read(offset, length);
  return data instanceof Uint8Array ? Buffer.from(data).toString() : String(data);
}

describe('the contents of a dax device as a file', () => {
  it('is a regular file of the size of the device that may be mapped', () => {
    const { machine, node } = served({ size: 1024n * GIB });
    expect(machine.vfs.getattr(node())).toMatchObject({ size: 2 ** 40, mode: S_IFREG | 0o600 });
    expect(node().paged).toBe(true);
  });

  it('is reported when the device has another size', () => {
    const { machine, node } = served();
    const file = node();
    const reported: Inode[] = [];
    machine.vfs.subscribe({ entryChanged: () => {}, inodeChanged: inode => reported.push(inode) });
    machine.unbind();
    reported.length = 0;
    machine.dax().resize(GIB / 2n);
    expect(reported).toContain(file);
    expect(machine.vfs.getattr(file).size).toBe(Number(GIB / 2n));
  });

  it('opens only while device_dax has the device', () => {
    const { machine, tryOpen } = served();
    machine.unbind();
    expect(tryOpen()).toEqual(ENXIO);
    machine.bind();
    expect(isErrno(tryOpen())).toBe(false);
  });

  it('holds the module, as the device node does', () => {
    const { machine, open } = served();
    const file = open();
    expect(machine.modules.find('device_dax')?.refcount).toBe(2);
    file.release();
    expect(machine.modules.find('device_dax')?.refcount).toBe(0);
  });

  it('keeps stores over close, unbind and bind', () => {
    const { machine, open } = served();
    const first = open();
    first.write(4096, bytes('stored'));
    first.release();
    machine.unbind();
    machine.bind();
    expect(text(open(), 4096, 6)).toBe('stored');
  });

  it('ends with the binding: reading is ENXIO on a descriptor from before', () => {
    const { machine, open } = served();
    const file = open();
    machine.unbind();
    expect(file.read(0, 4096)).toEqual(ENXIO);
    machine.bind();
    expect(file.read(0, 4096)).toEqual(ENXIO);
  });

  it('takes the write-back of stores from before the unbinding', () => {
    const { machine, open } = served();
    const file = open();
    machine.unbind();
    expect(file.write(0, bytes('late'))).toBe(4);
    machine.bind();
    expect(text(open(), 0, 4)).toBe('late');
  });

  it('ends where the device ends', () => {
    const { open } = served();
    const file = open();
    expect(file.read(2 ** 30, 4096)).toEqual(Buffer.alloc(0));
    expect(file.read(2 ** 30 - 10, 4096)).toHaveLength(10);
    expect(file.write(2 ** 30 - 2, bytes('four'))).toBe(2);
    expect(file.write(2 ** 30, bytes('four'))).toEqual(ENOSPC);
  });

  it('follows the ranges: the bytes belong to the physical address, whatever device covers it', () => {
    const { machine, memory, open } = served();
    open().write(2 ** 29, bytes('second half'));
    machine.unbind();
    const dax = machine.dax();
    dax.resize(GIB / 2n);
    dax.region.create();
    machine.dax('dax0.1').resize(GIB / 2n);
    machine.bind('dax0.1');
    expect(text(open('dax0.1'), 0, 11)).toBe('second half');
    expect(Buffer.from(memory.read(REGION_START + GIB / 2n, 11) as Uint8Array).toString()).toBe(
      'second half',
    );
  });
});

describe('the directory of contents', () => {
  it('lists the devices of the bus as they come and go', () => {
    const { machine, directory, lookup } = served();
    const names = () => directory.list().map(({ name }) => name);
    expect(names()).toEqual(['dax0.0']);
    machine.unbind();
    const { region } = machine.dax();
    machine.dax().resize(0n);
    region.create();
    expect(names().sort()).toEqual(['dax0.0', 'dax0.1']);
    region.delete('dax0.1');
    expect(names()).toEqual(['dax0.0']);
    expect(lookup('dax0.1')).toEqual(ENOENT);
  });

  it('gives a re-created device a new inode', () => {
    const { machine, node } = served();
    machine.unbind();
    const { region } = machine.dax();
    machine.dax().resize(0n);
    region.create();
    const before = node('dax0.1').ino;
    region.delete('dax0.1');
    region.create();
    expect(node('dax0.1').ino).not.toBe(before);
  });

  it('says that cached pages are void when a driver comes or goes', () => {
    const { machine, node } = served();
    const file = node();
    const changed: Inode[] = [];
    machine.vfs.subscribe({ entryChanged: () => {}, inodeChanged: inode => changed.push(inode) });
    machine.unbind();
    expect(changed).toContain(file);
  });

  it('does not mistake a synthetic event for a new device', () => {
    const { machine, node } = served();
    const before = node();
    machine.core.uevents.send('add', '/devices/platform/region.0/dax0.0', 'dax', ['SYNTH_UUID=0']);
    expect(node()).toBe(before);
  });
});

describe('dev_nodes: file', () => {
  it('puts the contents in the place of the device nodes, of later devices too', () => {
    const { machine, node } = served({ inDev: true });
    machine.unbind();
    machine.dax().resize(0n);
    machine.dax().region.create();
    for (const name of ['dax0.0', 'dax0.1']) expect(node(name).type).toBe(S_IFREG);
  });

  it('lets libdaxctl find the bus by the device number of a file, 0:0', () => {
    const { machine } = served({ inDev: true });
    const link = (machine.core.charDirectory.child('0:0') as Directory).child('subsystem')!;
    expect(machine.vfs.readlink(link as unknown as Inode)).toBe('../../../bus/dax');
    expect(served().machine.core.charDirectory.child('0:0')).toBeUndefined();
  });

  it('takes them away with the device', () => {
    const { machine, lookup } = served({ inDev: true });
    machine.unbind();
    machine.dax().resize(0n);
    machine.dax().region.create();
    machine.dax().region.delete('dax0.1');
    expect(lookup('dax0.1')).toEqual(ENOENT);
  });

  it('leaves links in the directory, so that there is one file only', () => {
    const { machine, directory, node } = served({ inDev: true });
    const link = machine.vfs.lookup(directory, 'dax0.0');
    if (isErrno(link)) throw new Error('no link');
    expect(link.type).toBe(S_IFLNK);
    expect(machine.vfs.readlink(link)).toBe('../../../dev/dax0.0');
    expect(node().type).toBe(S_IFREG);
  });
});
