import { describe, expect, it } from 'vitest';
import { type ChildSource, Directory } from '../../../src/kernel/fs/directory.ts';
import type { OpenDirectory } from '../../../src/kernel/fs/file-system.ts';
import { ProcDirectory } from '../../../src/kernel/fs/proc-directory.ts';
import { RamDirectory } from '../../../src/kernel/fs/ram-directory.ts';
import { SeqFile } from '../../../src/kernel/fs/seq-file.ts';
import {
  EACCES,
  EEXIST,
  EIO,
  EISDIR,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  EPERM,
} from '../../../src/kernel/lib/errno.ts';
import { O_WRONLY, S_IFDIR } from '../../../src/kernel/lib/stat.ts';
import { makeTree, NOBODY, ok, ROOT } from './fixture.ts';

function namesFrom(cursor: OpenDirectory): string[] {
  const names: string[] = [];
  for (let entry = cursor.peek(); entry; entry = cursor.peek()) {
    names.push(entry.name);
    cursor.advance();
  }
  return names;
}

describe('a listing', () => {
  it('starts with dot and dot-dot and goes on in name-hash order', () => {
    const { root, vfs } = makeTree();
    for (const name of ['drivers', 'devices', 'drivers_probe', 'uevent', 'drivers_autoprobe'])
      root.addDirectory(name);
    const cursor = ok(vfs.opendir(root, ROOT));
    cursor.seek(0);
    expect(namesFrom(cursor)).toEqual([
      '.',
      '..',
      'uevent',
      'drivers_autoprobe',
      'devices',
      'drivers_probe',
      'drivers',
    ]);
  });

  it('resumes at any entry while others come and go', () => {
    const { root, vfs } = makeTree();
    for (let i = 0; i < 100; i++) root.addDirectory(`dax0.${i}`);
    const cursor = ok(vfs.opendir(root, ROOT));
    cursor.seek(0);
    const seen: string[] = [];
    for (let i = 0; i < 40; i++) {
      const entry = cursor.peek()!;
      seen.push(entry.name);
      cursor.advance();
      if (i === 39) {
        root.addDirectory('newcomer');
        root.remove(seen[10]!);
        cursor.seek(entry.next);
      }
    }
    const rest = namesFrom(cursor).filter(name => name !== 'newcomer');
    expect(new Set([...seen, ...rest]).size).toBe(102);
    expect(seen.length + rest.length).toBe(102);
  });
});

describe('a child source', () => {
  const blocks = (count: number): ChildSource => ({
    make: (parent, name) => (/^memory\d+$/.test(name) ? new Directory(parent.tree, parent, name) : undefined),
    names: () => Array.from({ length: count }, (_, i) => `memory${i}`),
    typeOf: () => S_IFDIR,
    directories: count,
  });

  it('makes a node at its first lookup and keeps it', () => {
    const { root } = makeTree();
    root.attach(blocks(3));
    expect(root.liveChild('memory1')).toBeUndefined();
    const node = root.child('memory1');
    expect(root.child('memory1')).toBe(node);
    expect(root.nlink).toBe(5);
  });

  it('ends the node of a name that changed', () => {
    const { root } = makeTree();
    root.attach(blocks(3));
    const node = root.child('memory1')!;
    root.sourceChanged('memory1');
    expect(node.removed).toBe(true);
    expect(root.child('memory1')!.ino).not.toBe(node.ino);
  });
});

describe('the times of a name', () => {
  it('are those of the first look at it, which a change below does not move', () => {
    const { root } = makeTree();
    const early = root.addDirectory('early');
    const late = root.addDirectory('late');
    const first = late.stat().mtime;
    expect(early.stat().mtime).toBeGreaterThan(first);
    late.addDirectory('below');
    expect(late.stat()).toMatchObject({ atime: first, mtime: first, ctime: first });
  });

  it('are those of its making in devtmpfs', () => {
    const { root } = makeTree();
    const dev = root.add(new RamDirectory(root.tree, root, 'dev'));
    const early = dev.add(new RamDirectory(root.tree, dev, 'early'));
    const late = dev.add(new RamDirectory(root.tree, dev, 'late'));
    expect(late.stat().mtime).toBeGreaterThan(early.stat().mtime);
  });
});

describe('a directory that is gone', () => {
  it('has no names, to whoever still has it open, and the links of an empty one', () => {
    const { root, vfs } = makeTree();
    const device = root.addDirectory('memory80');
    device.addDirectory('power');
    root.remove('memory80');
    expect(vfs.lookup(device, 'power')).toEqual(ENOENT);
    expect(vfs.getattr(device).nlink).toBe(2);
  });
});

describe('links', () => {
  it('are relative to the deepest common ancestor', () => {
    const { root } = makeTree();
    const sys = root.addDirectory('sys');
    const devices = sys.addDirectory('devices');
    const system = devices.addDirectory('system');
    const node0 = system.addDirectory('node').addDirectory('node0');
    const memory0 = system.addDirectory('memory').addDirectory('memory0');
    expect(memory0.addLink('node0', node0).target).toBe('../../node/node0');
    const dax = devices.addDirectory('platform').addDirectory('hmem.0').addDirectory('dax0.0');
    const bus = sys.addDirectory('bus').addDirectory('dax').addDirectory('devices');
    expect(bus.addLink('dax0.0', dax).target).toBe('../../../devices/platform/hmem.0/dax0.0');
  });
});

describe('the name space of sysfs', () => {
  it('refuses every change with the errno of the real one', () => {
    const { root, vfs } = makeTree();
    const directory = root.addDirectory('directory');
    const file = root.addLink('link', directory);
    expect(vfs.create(root, 'new', 1, 0o644, ROOT)).toEqual(EACCES);
    expect(vfs.mkdir(root, 'new', 0o755, ROOT)).toEqual(EPERM);
    expect(vfs.mkdir(root, 'directory', 0o755, ROOT)).toEqual(EEXIST);
    expect(vfs.rmdir(root, 'directory', ROOT)).toEqual(EPERM);
    expect(vfs.rmdir(root, 'link', ROOT)).toEqual(ENOTDIR);
    expect(vfs.unlink(root, 'directory', ROOT)).toEqual(EISDIR);
    expect(vfs.unlink(root, 'link', ROOT)).toEqual(EPERM);
    expect(vfs.unlink(root, 'nothing', ROOT)).toEqual(ENOENT);
    expect(vfs.rename(root, 'link', root, 'other', 0, ROOT)).toEqual(EPERM);
    expect(vfs.symlink(root, 'new', 'x', ROOT)).toEqual(EPERM);
    expect(vfs.link(file, root, 'new', ROOT)).toEqual(EPERM);
    expect(vfs.mkdir(root, 'new', 0o755, NOBODY)).toEqual(EACCES);
  });
});

describe('the owner of a file', () => {
  it('is for the superuser to change, also to what it is, unless the file is one’s own', () => {
    const { root, vfs } = makeTree();
    const file = root.addDirectory('directory');
    const { uid, gid } = NOBODY;
    expect(vfs.setattr(file, { uid: 0, gid: 0 }, NOBODY)).toEqual(EPERM);
    expect(vfs.setattr(file, { gid: 0 }, NOBODY)).toEqual(EPERM);
    expect(vfs.setattr(file, { uid, gid: 0 }, ROOT)).toMatchObject({ uid, gid: 0 });
    expect(vfs.setattr(file, { uid, gid: 0 }, NOBODY)).toMatchObject({ uid, gid: 0 });
    expect(vfs.setattr(file, { uid, gid }, NOBODY)).toMatchObject({ uid, gid });
    expect(vfs.setattr(file, { uid: 0 }, NOBODY)).toEqual(EPERM);
  });
});

describe('a name of 256 letters', () => {
  it('is just not there in sysfs, and too long in /dev', () => {
    const { root, vfs } = makeTree();
    const dev = root.add(new RamDirectory(root.tree, root, 'dev'));
    const name = 'n'.repeat(256);
    expect(vfs.lookup(root, name)).toEqual(ENOENT);
    expect(vfs.mkdir(root, name, 0o755, ROOT)).toEqual(EPERM);
    expect(vfs.lookup(dev, name)).toEqual(ENAMETOOLONG);
    expect(vfs.mkdir(dev, name, 0o755, ROOT)).toEqual(ENAMETOOLONG);
  });
});

describe('the directory /proc', () => {
  const made = () => {
    const { root, vfs } = makeTree();
    const proc = root.add(new ProcDirectory(root.tree, root, 'proc', 0o555));
    const iomem = proc.add(new SeqFile(proc, 'iomem', () => 'Reserved\n'));
    return { vfs, proc, iomem };
  };

  it('answers ENOENT to whoever would make a name, and EPERM to whoever would take one away', () => {
    const { vfs, proc, iomem } = made();
    expect(vfs.create(proc, 'new', O_WRONLY, 0o644, ROOT)).toEqual(ENOENT);
    expect(vfs.mkdir(proc, 'new', 0o755, ROOT)).toEqual(ENOENT);
    expect(vfs.mkdir(proc, 'iomem', 0o755, ROOT)).toEqual(EEXIST);
    expect(vfs.symlink(proc, 'new', 'x', ROOT)).toEqual(ENOENT);
    expect(vfs.link(iomem, proc, 'new', ROOT)).toEqual(ENOENT);
    expect(vfs.rename(proc, 'iomem', proc, 'new', 0, ROOT)).toEqual(ENOENT);
    expect(vfs.unlink(proc, 'iomem', ROOT)).toEqual(EPERM);
  });

  it('lets root open a file for writing that takes nothing', () => {
    const { vfs, iomem } = made();
    expect(vfs.open(iomem, O_WRONLY, NOBODY)).toEqual(EACCES);
    expect(ok(vfs.open(iomem, O_WRONLY, ROOT)).write(0, Buffer.from('x'))).toEqual(EIO);
  });
});
