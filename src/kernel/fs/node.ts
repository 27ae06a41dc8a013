import type { Result } from '../lib/errno.ts';
import { type DeviceNumber, S_IFLNK } from '../lib/stat.ts';
import type { Directory } from './directory.ts';
import type { Caller, Inode, OpenFile, Stat, TreeListener } from './file-system.ts';
import type { Xattrs } from './xattr.ts';

/** include/linux/fs.h: what alloc_super() gives to file systems that do not say more, sysfs and proc among them. */
const MAX_NON_LFS = 2 ** 31 - 1;
const NO_DEVICE: DeviceNumber = Object.freeze({ major: 0, minor: 0 });

/** What all nodes of one file system share: inode numbers, the clock, who is told of changes. */
export class Tree {
  readonly #clock: () => bigint;
  readonly #listeners = new Set<TreeListener>();
  #lastIno = 0;

  /** @param clock nanoseconds since the epoch; the tree itself never asks the host. */
  constructor(clock: () => bigint) {
    this.#clock = clock;
  }

  nextIno(): number {
    return ++this.#lastIno;
  }

  now(): bigint {
    return this.#clock();
  }

  subscribe(listener: TreeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whether anybody wants to hear of changes. */
  get observed(): boolean {
    return this.#listeners.size > 0;
  }

  entryChanged(directory: Inode, name: string): void {
    for (const listener of this.#listeners) listener.entryChanged(directory, name);
  }

  inodeChanged(inode: Inode): void {
    for (const listener of this.#listeners) listener.inodeChanged(inode);
  }

  attributesSet(inode: Inode): void {
    for (const listener of this.#listeners) listener.attributesSet?.(inode);
  }
}

/** fs/kernfs `struct kernfs_node`: a name with an identity. It lives from its first lookup to the object's removal. */
export abstract class Node implements Inode {
  abstract readonly type: number;
  readonly tree: Tree;
  readonly ino: number;
  name: string;
  parent: Directory | undefined;
  removed = false;
  /** Permission bits. */
  mode: number;
  uid = 0;
  gid = 0;
  /** 0 until somebody looks. */
  atime = 0n;
  mtime = 0n;
  ctime = 0n;
  xattrs: Xattrs | undefined;

  constructor(tree: Tree, parent: Directory | undefined, name: string, mode: number) {
    this.tree = tree;
    this.ino = tree.nextIno();
    this.parent = parent;
    this.name = name;
    this.mode = mode;
  }

  get cacheable(): boolean {
    return false;
  }

  get paged(): boolean {
    return false;
  }

  get attributesVary(): boolean {
    return false;
  }

  get size(): number {
    return 0;
  }

  get nlink(): number {
    return this.removed ? 0 : 1;
  }

  /** `s_maxbytes`: the greatest size that truncate(2) may ask for. */
  get maxBytes(): number {
    return MAX_NON_LFS;
  }

  get rdev(): DeviceNumber {
    return NO_DEVICE;
  }

  /** kernfs_init_inode: the times are those of the first look, which makes the inode, not of the object. */
  instantiate(): void {
    if (this.ctime === 0n) this.atime = this.mtime = this.ctime = this.tree.now();
  }

  stat(): Stat {
    this.instantiate();
    return {
      ino: this.ino,
      mode: this.type | this.mode,
      nlink: this.nlink,
      uid: this.uid,
      gid: this.gid,
      size: this.size,
      rdev: this.rdev,
      atime: this.atime,
      mtime: this.mtime,
      ctime: this.ctime,
    };
  }

  /** The path below the file system's root, with a leading slash; the last known one for a removed node. */
  get path(): string {
    return this.parent === undefined ? '' : `${this.parent.path}/${this.name}`;
  }

  /** truncate(2): sysfs and proc accept it without effect. */
  truncate(_size: number): void {}

  /** Marks the node and all below it as gone. Called by the directory that held it. */
  markRemoved(): void {
    this.removed = true;
    this.tree.inodeChanged(this);
  }
}

/** A symbolic link. */
export abstract class LinkNode extends Node {
  readonly type = S_IFLNK;
  abstract readonly target: string;

  constructor(parent: Directory, name: string) {
    super(parent.tree, parent, name, 0o777);
  }
}

/** A node that programs open: what a driver, seq_file or sysfs puts behind a name. Permissions were checked. */
export abstract class FileNode extends Node {
  /** Without a read or a write bit for anybody, it is not opened so by root either. */
  get barsRoot(): boolean {
    return false;
  }

  abstract open(flags: number, caller: Caller): Result<OpenFile>;
}
