import { describe, expect, it } from 'vitest';
import { PinnedFileSystem } from '../../../mount/namespace/pinned-file-system.ts';
import { Directory } from '../../../src/kernel/fs/directory.ts';
import { type Inode, KERNEL } from '../../../src/kernel/fs/file-system.ts';
import { throwBug } from '../../../src/kernel/fs/guarded-file.ts';
import { Tree } from '../../../src/kernel/fs/node.ts';
import { SeqFile } from '../../../src/kernel/fs/seq-file.ts';
import { Vfs } from '../../../src/kernel/fs/vfs.ts';
import { ENOENT, isErrno, type Result } from '../../../src/kernel/lib/errno.ts';

const PLACES = ['sys', 'proc', 'proc/iomem'];

/** A tree whose `sys` and `proc` are replaced by a reboot. */
function world() {
  const root = new Directory(new Tree(() => 0n), undefined, '');
  let boots = 0;
  const boot = (): void => {
    const text = `boot ${++boots}\n`;
    for (const name of ['sys', 'proc']) root.remove(name);
    root.addDirectory('sys').addDirectory(`device${boots}`);
    const proc = root.addDirectory('proc');
    proc.add(new SeqFile(proc, 'iomem', () => text));
  };
  boot();
  const inner = new Vfs(root, throwBug);
  return { boot, fileSystem: new PinnedFileSystem(inner, path => PLACES.includes(path)) };
}

function found(result: Result<Inode>): Inode {
  if (isErrno(result)) throw new Error(result.name);
  return result;
}

function read(fileSystem: PinnedFileSystem, inode: Inode): string {
  const file = fileSystem.open(inode, 0, KERNEL);
  if (isErrno(file)) throw new Error(file.name);
  return Buffer.from(file.read(0, 100) as Uint8Array).toString();
}

describe('PinnedFileSystem', () => {
  it('keeps the inode of a pinned name while what is behind it is replaced', () => {
    const { boot, fileSystem } = world();
    const sys = found(fileSystem.lookup(fileSystem.root, 'sys'));
    const proc = found(fileSystem.lookup(fileSystem.root, 'proc'));
    const iomem = found(fileSystem.lookup(proc, 'iomem'));
    expect(read(fileSystem, iomem)).toBe('boot 1\n');
    boot();
    expect(read(fileSystem, iomem)).toBe('boot 2\n');
    expect(fileSystem.lookup(fileSystem.root, 'sys')).toBe(sys);
    expect(fileSystem.getattr(sys).ino).toBe(sys.ino);
    expect(iomem.removed).toBe(false);
  });

  it('replaces what is in a pinned directory', () => {
    const { boot, fileSystem } = world();
    const sys = found(fileSystem.lookup(fileSystem.root, 'sys'));
    const before = found(fileSystem.lookup(sys, 'device1'));
    boot();
    expect(before.removed).toBe(true);
    expect(fileSystem.lookup(sys, 'device1')).toEqual(ENOENT);
    expect(found(fileSystem.lookup(sys, 'device2')).removed).toBe(false);
  });

  it('lists what is there now, through a listing that was begun before', () => {
    const { boot, fileSystem } = world();
    const sys = found(fileSystem.lookup(fileSystem.root, 'sys'));
    const listing = fileSystem.opendir(sys, KERNEL);
    if (isErrno(listing)) throw new Error(listing.name);
    boot();
    listing.seek(2);
    expect(listing.peek()?.name).toBe('device2');
  });

  it('tells that a pinned directory changed, never that its name did', () => {
    const { boot, fileSystem } = world();
    const sys = found(fileSystem.lookup(fileSystem.root, 'sys'));
    const names: string[] = [];
    const inodes = new Set<Inode>();
    fileSystem.subscribe({
      entryChanged: (_directory, name) => void names.push(name),
      inodeChanged: inode => void inodes.add(inode),
    });
    boot();
    expect(names).not.toContain('sys');
    expect(names).not.toContain('proc');
    expect(inodes).toContain(sys);
  });
});
