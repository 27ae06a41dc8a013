import type {
  Caller,
  DirectoryEntry,
  FileSystem,
  Inode,
  OpenDirectory,
  StatChange,
  TreeListener,
} from '../../src/kernel/fs/file-system.ts';
import { isErrno, type Result } from '../../src/kernel/lib/errno.ts';
import type { DeviceNumber } from '../../src/kernel/lib/stat.ts';

/** A name that something is mounted on or from. It stays the same inode while what is behind it is replaced. */
class Pinned implements Inode {
  readonly removed = false;
  readonly ino: number;
  readonly type: number;
  readonly parent: Inode;
  readonly name: string;
  readonly path: string;
  behind: Inode;

  constructor(parent: Inode, name: string, path: string, behind: Inode) {
    this.ino = behind.ino;
    this.type = behind.type;
    this.parent = parent;
    this.name = name;
    this.path = path;
    this.behind = behind;
  }

  get cacheable(): boolean {
    return this.behind.cacheable;
  }

  get paged(): boolean {
    return this.behind.paged;
  }

  get attributesVary(): boolean {
    return this.behind.attributesVary;
  }
}

/** Goes on in the directory that is there now. */
class PinnedDirectory implements OpenDirectory {
  readonly #pinned: Pinned;
  readonly #reopen: () => Result<OpenDirectory>;
  #directory: OpenDirectory;
  #behind: Inode;

  constructor(directory: OpenDirectory, pinned: Pinned, reopen: () => Result<OpenDirectory>) {
    this.#directory = directory;
    this.#pinned = pinned;
    this.#behind = pinned.behind;
    this.#reopen = reopen;
  }

  seek(offset: number): void {
    if (this.#behind.removed || this.#behind !== this.#pinned.behind) {
      const directory = this.#reopen();
      if (!isErrno(directory)) this.#directory = directory;
      this.#behind = this.#pinned.behind;
    }
    this.#directory.seek(offset);
  }

  peek(): DirectoryEntry | undefined {
    return this.#directory.peek();
  }

  advance(): void {
    this.#directory.advance();
  }
}

/**
 * A file system with places that outlive a reboot of the machine in it: the kernel takes a mount away together with the
 * inode that it is on.
 */
export class PinnedFileSystem implements FileSystem {
  readonly root: Inode;
  readonly #inner: FileSystem;
  readonly #isPinned: (path: string) => boolean;
  readonly #pinned = new Map<string, Pinned>();
  readonly #byBehind = new WeakMap<Inode, Pinned>();

  /** @param isPinned told the path of a name whose directory is pinned or the root; all above it must be pinned, too */
  constructor(inner: FileSystem, isPinned: (path: string) => boolean) {
    this.root = inner.root;
    this.#inner = inner;
    this.#isPinned = isPinned;
  }

  lookup(parent: Inode, name: string): Result<Inode> {
    const found = this.#inner.lookup(this.#behind(parent), name);
    const path = this.#pathOf(parent, name);
    if (isErrno(found) || path === undefined || !this.#isPinned(path)) return found;
    let pinned = this.#pinned.get(path);
    if (!pinned) {
      pinned = new Pinned(parent, name, path, found);
      this.#pinned.set(path, pinned);
    }
    this.#put(pinned, found);
    return pinned;
  }

  subscribe(listener: TreeListener): () => void {
    return this.#inner.subscribe({
      entryChanged: (directory, name) => {
        const known = this.#byBehind.get(directory) ?? directory;
        const path = this.#pathOf(known, name);
        if (path !== undefined && this.#isPinned(path)) listener.inodeChanged(known);
        else listener.entryChanged(known, name);
      },
      inodeChanged: inode => listener.inodeChanged(this.#byBehind.get(inode) ?? inode),
    });
  }

  #pathOf(parent: Inode, name: string): string | undefined {
    if (parent === this.root) return name;
    return parent instanceof Pinned ? `${parent.path}/${name}` : undefined;
  }

  #put(pinned: Pinned, behind: Inode): void {
    pinned.behind = behind;
    this.#byBehind.set(behind, pinned);
  }

  #behind(inode: Inode): Inode {
    if (!(inode instanceof Pinned)) return inode;
    if (inode.behind.removed) {
      const now = this.#inner.lookup(this.#behind(inode.parent), inode.name);
      if (!isErrno(now)) this.#put(inode, now);
    }
    return inode.behind;
  }

  getattr(inode: Inode) {
    return { ...this.#inner.getattr(this.#behind(inode)), ino: inode.ino };
  }

  setattr(inode: Inode, change: StatChange, caller: Caller) {
    const stat = this.#inner.setattr(this.#behind(inode), change, caller);
    return isErrno(stat) ? stat : { ...stat, ino: inode.ino };
  }

  access(inode: Inode, mask: number, caller: Caller) {
    return this.#inner.access(this.#behind(inode), mask, caller);
  }

  readlink(inode: Inode) {
    return this.#inner.readlink(this.#behind(inode));
  }

  open(inode: Inode, flags: number, caller: Caller) {
    return this.#inner.open(this.#behind(inode), flags, caller);
  }

  opendir(inode: Inode, caller: Caller): Result<OpenDirectory> {
    const directory = this.#inner.opendir(this.#behind(inode), caller);
    if (isErrno(directory) || !(inode instanceof Pinned)) return directory;
    return new PinnedDirectory(directory, inode, () => this.#inner.opendir(this.#behind(inode), caller));
  }

  create(parent: Inode, name: string, flags: number, mode: number, caller: Caller) {
    return this.#inner.create(this.#behind(parent), name, flags, mode, caller);
  }

  mkdir(parent: Inode, name: string, mode: number, caller: Caller) {
    return this.#inner.mkdir(this.#behind(parent), name, mode, caller);
  }

  mknod(parent: Inode, name: string, mode: number, rdev: DeviceNumber, caller: Caller) {
    return this.#inner.mknod(this.#behind(parent), name, mode, rdev, caller);
  }

  symlink(parent: Inode, name: string, target: string, caller: Caller) {
    return this.#inner.symlink(this.#behind(parent), name, target, caller);
  }

  link(inode: Inode, parent: Inode, name: string, caller: Caller) {
    return this.#inner.link(this.#behind(inode), this.#behind(parent), name, caller);
  }

  unlink(parent: Inode, name: string, caller: Caller) {
    return this.#inner.unlink(this.#behind(parent), name, caller);
  }

  rmdir(parent: Inode, name: string, caller: Caller) {
    return this.#inner.rmdir(this.#behind(parent), name, caller);
  }

  rename(parent: Inode, name: string, newParent: Inode, newName: string, flags: number, caller: Caller) {
    return this.#inner.rename(this.#behind(parent), name, this.#behind(newParent), newName, flags, caller);
  }

  statfs(inode: Inode) {
    return this.#inner.statfs(this.#behind(inode));
  }

  getxattr(inode: Inode, name: string) {
    return this.#inner.getxattr(this.#behind(inode), name);
  }

  setxattr(inode: Inode, name: string, value: Uint8Array, flags: number, caller: Caller) {
    return this.#inner.setxattr(this.#behind(inode), name, value, flags, caller);
  }

  listxattr(inode: Inode) {
    return this.#inner.listxattr(this.#behind(inode));
  }

  removexattr(inode: Inode, name: string, caller: Caller) {
    return this.#inner.removexattr(this.#behind(inode), name, caller);
  }
}
