import {
  EBUSY,
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
import { nameLength } from '../lib/file-name.ts';
import { type DeviceNumber, S_IFDIR, S_IFMT } from '../lib/stat.ts';
import { DeviceNode } from './device-node.ts';
import { Directory } from './directory.ts';
import { NAME_MAX } from './file-system.ts';
import { LinkNode, type Node, type Tree } from './node.ts';
import { RamFile, RamSpace } from './ram-file.ts';

/** A directory of devtmpfs: programs (udevd first of all) make and remove names in it as in any tmpfs. */
export class RamDirectory extends Directory {
  readonly #space: RamSpace;
  readonly #ofKernel = new WeakSet<Node>();

  constructor(tree: Tree, parent: Directory | undefined, name: string, mode?: number) {
    super(tree, parent, name, mode);
    this.#space = parent instanceof RamDirectory ? parent.#space : new RamSpace();
    this.instantiate();
  }

  /** What comes is an inode at once. */
  override add<N extends Node>(node: N): N {
    node.instantiate();
    return super.add(node);
  }

  /** Adds the node of a live device, which programs cannot take away. */
  addOfKernel<N extends Node>(node: N): N {
    this.#ofKernel.add(node);
    return this.add(node);
  }

  /** dev_mynode: not what a program made. */
  isOfKernel(node: Node | undefined): boolean {
    return node !== undefined && this.#ofKernel.has(node);
  }

  /** simple_rmdir clears both links. */
  override get nlink(): number {
    return this.removed ? 0 : super.nlink;
  }

  /** simple_lookup */
  override tooLong(name: string): boolean {
    return nameLength(name) > NAME_MAX;
  }

  override makeFile(name: string, mode: number): Result<Node> {
    return this.add(new RamFile(this, name, mode, this.#space));
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
    if (this.isOfKernel(child)) return EBUSY;
    if (child instanceof Directory && !child.empty) return ENOTEMPTY;
    this.remove(name);
    return undefined;
  }

  override renameChild(name: string, to: Directory, newName: string): Errno | undefined {
    if (!(to instanceof RamDirectory)) return EPERM;
    const moved = this.child(name);
    const replaced = to.child(newName);
    if (!moved || moved === replaced) return undefined;
    if (this.isOfKernel(moved) || to.isOfKernel(replaced)) return EBUSY;
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
