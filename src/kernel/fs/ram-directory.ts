import {
  EEXIST,
  EINVAL,
  EISDIR,
  ENOTDIR,
  ENOTEMPTY,
  ENXIO,
  EPERM,
  type Errno,
  type Result,
} from '../lib/errno.ts';
import { type DeviceNumber, O_TRUNC, S_IFDIR, S_IFMT, S_IFREG } from '../lib/stat.ts';
import { DeviceNode } from './device-node.ts';
import { Directory } from './directory.ts';
import { type Caller, NAME_MAX, type OpenFile } from './file-system.ts';
import { FileNode, LinkNode, type Node, type Tree } from './node.ts';
import { ReadyFile } from './ready-file.ts';

/** A directory of devtmpfs: programs (udevd first of all) make and remove names in it as in any tmpfs. */
export class RamDirectory extends Directory {
  constructor(tree: Tree, parent: Directory | undefined, name: string, mode?: number) {
    super(tree, parent, name, mode);
    this.instantiate();
  }

  /** What comes is an inode at once. */
  override add<N extends Node>(node: N): N {
    node.instantiate();
    return super.add(node);
  }

  /** simple_rmdir clears both links. */
  override get nlink(): number {
    return this.removed ? 0 : super.nlink;
  }

  /** simple_lookup */
  override tooLong(name: string): boolean {
    return Buffer.byteLength(name) > NAME_MAX;
  }

  override makeFile(name: string, mode: number): Result<Node> {
    return this.add(new RamFile(this, name, mode));
  }

  override makeDirectory(name: string, mode: number): Result<Node> {
    return this.add(new RamDirectory(this.tree, this, name, mode));
  }

  /** Opening a node made by a program reaches no driver of the simulated machine. */
  override makeDevice(name: string, mode: number, rdev: DeviceNumber): Result<Node> {
    return this.add(new DeviceNode(this, name, mode & 0o7777, rdev, () => ENXIO, mode & S_IFMT));
  }

  override makeSymlink(name: string, target: string): Result<Node> {
    return this.add(new TextLink(this, name, target));
  }

  override removeChild(name: string): Errno | undefined {
    const child = this.child(name);
    if (child instanceof Directory && !child.empty) return ENOTEMPTY;
    this.remove(name);
    return undefined;
  }

  override renameChild(name: string, to: Directory, newName: string): Errno | undefined {
    if (!(to instanceof RamDirectory)) return EPERM;
    const moved = this.child(name);
    const replaced = to.child(newName);
    if (!moved || moved === replaced) return undefined;
    for (let above: Directory | undefined = to; above; above = above.parent)
      if (above === moved) return EINVAL;
    if (replaced) {
      if (moved.type === S_IFDIR && replaced.type !== S_IFDIR) return ENOTDIR;
      if (moved.type !== S_IFDIR && replaced.type === S_IFDIR) return EISDIR;
      if (replaced instanceof Directory && !replaced.empty) return EEXIST;
    }
    this.move(name, to, newName);
    return undefined;
  }
}

/** A symbolic link with a text of its maker's. */
export class TextLink extends LinkNode {
  readonly target: string;

  constructor(parent: Directory, name: string, target: string) {
    super(parent, name);
    this.target = target;
  }

  override get size(): number {
    return this.target.length;
  }
}

/** A regular file in memory: the placeholders of /dev, and what programs leave there. */
export class RamFile extends FileNode {
  readonly type = S_IFREG;
  content: Uint8Array = new Uint8Array(0);

  constructor(parent: Directory, name: string, mode: number) {
    super(parent.tree, parent, name, mode);
  }

  override get size(): number {
    return this.content.length;
  }

  override truncate(size: number): void {
    const content = new Uint8Array(size);
    content.set(this.content.subarray(0, size));
    this.content = content;
    this.tree.inodeChanged(this);
  }

  open(flags: number, _caller: Caller): Result<OpenFile> {
    if (flags & O_TRUNC) this.truncate(0);
    return new OpenRamFile(this);
  }
}

class OpenRamFile extends ReadyFile {
  readonly #file: RamFile;

  constructor(file: RamFile) {
    super();
    this.#file = file;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#file.content.subarray(offset, offset + length);
  }

  write(offset: number, data: Uint8Array): number {
    const file = this.#file;
    const content = new Uint8Array(Math.max(file.content.length, offset + data.length));
    content.set(file.content);
    content.set(data, offset);
    file.content = content;
    file.tree.inodeChanged(file);
    return data.length;
  }
}
