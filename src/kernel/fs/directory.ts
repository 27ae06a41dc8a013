import { EACCES, EPERM, type Errno, type Result } from '../lib/errno.ts';
import { kernfsNameHash } from '../lib/name-hash.ts';
import { partitionPoint } from '../lib/partition-point.ts';
import { type DeviceNumber, S_IFDIR } from '../lib/stat.ts';
import type { DirectoryEntry, OpenDirectory } from './file-system.ts';
import { LinkNode, Node, type Tree } from './node.ts';

/** Children that are made when somebody looks: a directory asks its sources instead of holding half a million nodes. */
export interface ChildSource {
  /** Makes the node of a name, or undefined when there is none of that name. */
  make(parent: Directory, name: string): Node | undefined;
  names(): Iterable<string>;
  /** The S_IF* type of a name that `names` gave. */
  typeOf(name: string): number;
  /** How many of the names are directories. */
  readonly directories: number;
}

interface Held {
  readonly node: Node;
  /** Undefined for a child that was added by itself. */
  readonly source: ChildSource | undefined;
}

interface Listed {
  readonly name: string;
  readonly hash: number;
  readonly type: number;
}

/** fs/kernfs directory: explicit children and child sources under one name space, listed in name-hash order. */
export class Directory extends Node {
  readonly type = S_IFDIR;
  readonly #held = new Map<string, Held>();
  readonly #sources: ChildSource[] = [];
  #subdirectories = 0;
  #listing: Listed[] | undefined;

  constructor(tree: Tree, parent: Directory | undefined, name: string, mode = 0o755) {
    super(tree, parent, name, mode);
  }

  /** Of the root of a tree: whether its open files have no link once they are gone. */
  removedFilesHaveNoLinks: boolean | undefined;

  get leavesNoLinks(): boolean {
    return this.removedFilesHaveNoLinks ?? this.parent?.leavesNoLinks ?? false;
  }

  /** kernfs_refresh_inode counts the directories below: none are left in one that is gone. */
  override get nlink(): number {
    if (this.removed) return 2;
    let count = 2 + this.#subdirectories;
    for (const source of this.#sources) count += source.directories;
    return count;
  }

  /** The child of this name, made now if a source knows it. */
  child(name: string): Node | undefined {
    if (this.removed) return undefined;
    const held = this.#held.get(name);
    if (held) return held.node;
    for (const source of this.#sources) {
      const node = source.make(this, name);
      if (node) {
        this.#held.set(name, { node, source });
        return node;
      }
    }
    return undefined;
  }

  /** The child if it is alive already: explicit, or made by an earlier lookup. */
  liveChild(name: string): Node | undefined {
    return this.#held.get(name)?.node;
  }

  /** @throws when the name is taken: a duplicate sysfs name is a bug of the caller. */
  add<N extends Node>(node: N): N {
    if (this.#held.has(node.name))
      throw new Error(`cannot create duplicate filename '${this.path}/${node.name}'`);
    this.#held.set(node.name, { node, source: undefined });
    if (node.type === S_IFDIR) this.#subdirectories++;
    this.changed(node.name);
    return node;
  }

  addDirectory(name: string, mode?: number): Directory {
    return this.add(new Directory(this.tree, this, name, mode));
  }

  addLink(name: string, target: Node): Link {
    return this.add(new Link(this, name, target));
  }

  /** Removes an explicit child and all below it. A name that is not there is left alone. */
  remove(name: string): void {
    const held = this.#held.get(name);
    if (!held) return;
    this.#held.delete(name);
    if (held.source === undefined && held.node.type === S_IFDIR) this.#subdirectories--;
    held.node.markRemoved();
    this.changed(name);
  }

  attach(source: ChildSource): void {
    this.#sources.push(source);
    this.#listing = undefined;
    if (this.tree.observed) for (const name of source.names()) this.tree.entryChanged(this, name);
    this.tree.inodeChanged(this);
  }

  /** Takes a source away; the nodes made by it are removed. */
  detach(source: ChildSource): void {
    const index = this.#sources.indexOf(source);
    if (index < 0) return;
    this.#sources.splice(index, 1);
    for (const [name, held] of this.#held) {
      if (held.source === source) this.remove(name);
    }
    this.#listing = undefined;
    this.tree.inodeChanged(this);
  }

  /** A source says: this name of mine is new, or gone (a node made for it is removed). */
  sourceChanged(name: string): void {
    if (this.#held.get(name)?.source !== undefined) this.remove(name);
    else this.changed(name);
  }

  /** What these files of the directory show has changed. Costs nothing for a file that nobody looked at. */
  contentChanged(...names: readonly string[]): void {
    for (const name of names) {
      const node = this.liveChild(name);
      if (node) this.tree.inodeChanged(node);
    }
  }

  override markRemoved(): void {
    for (const { node } of this.#held.values()) node.markRemoved();
    super.markRemoved();
  }

  /** Puts an explicit child under another name or directory, replacing what was there. */
  move(name: string, to: Directory, newName: string): void {
    const held = this.#held.get(name);
    if (!held) return;
    to.remove(newName);
    this.#held.delete(name);
    if (held.node.type === S_IFDIR) this.#subdirectories--;
    this.changed(name);
    held.node.name = newName;
    held.node.parent = to;
    to.add(held.node);
  }

  get empty(): boolean {
    return this.list().length === 0;
  }

  openDirectory(): OpenDirectory {
    return new DirectoryCursor(this);
  }

  /** Names in the order of the kernel's name hash, then of the name. */
  list(): readonly Listed[] {
    if (this.#listing) return this.#listing;
    const listing: Listed[] = [];
    const list = (name: string, type: number): number =>
      listing.push({ name, hash: kernfsNameHash(name), type });
    for (const [name, { node, source }] of this.#held) if (source === undefined) list(name, node.type);
    for (const source of this.#sources) for (const name of source.names()) list(name, source.typeOf(name));
    listing.sort((a, b) => a.hash - b.hash || (a.name < b.name ? -1 : 1));
    this.#listing = this.removed ? [] : listing;
    return this.#listing;
  }

  protected changed(name: string): void {
    this.#listing = undefined;
    this.tree.entryChanged(this, name);
    this.tree.inodeChanged(this);
  }

  /** kernfs_iop_lookup and proc_lookup know no NAME_MAX: a long name is just not there. */
  tooLong(_name: string): boolean {
    return false;
  }

  // What a program may do to the name space. sysfs refuses all of it; a directory of /dev overrides.

  /** vfs_create without i_op->create. */
  makeFile(_name: string, _mode: number): Result<Node> {
    return EACCES;
  }

  makeDirectory(_name: string, _mode: number): Result<Node> {
    return EPERM;
  }

  makeDevice(_name: string, _mode: number, _rdev: DeviceNumber): Result<Node> {
    return EPERM;
  }

  makeSymlink(_name: string, _target: string): Result<Node> {
    return EPERM;
  }

  makeHardLink(_name: string, _node: Node): Errno {
    return EPERM;
  }

  removeChild(_name: string): Errno | undefined {
    return EPERM;
  }

  renameChild(_name: string, _to: Directory, _newName: string): Errno | undefined {
    return EPERM;
  }
}

/** fs/kernfs/symlink.c: a link to another node of the tree, whose text is relative. */
export class Link extends LinkNode {
  /** Where it leads, which may be removed by now. */
  readonly destination: Node;

  constructor(parent: Directory, name: string, destination: Node) {
    super(parent, name);
    this.destination = destination;
  }

  /** kernfs_get_target_path: up to the deepest common ancestor, then down. */
  get target(): string {
    const from = (this.parent as Directory).path.split('/');
    const to = this.destination.path.split('/');
    let common = 0;
    while (common < from.length && common < to.length - 1 && from[common] === to[common]) common++;
    return '../'.repeat(from.length - common) + to.slice(common).join('/');
  }
}

class DirectoryCursor implements OpenDirectory {
  readonly #directory: Directory;
  #listing: readonly Listed[] = [];
  #index = 0;
  #offset = 0;

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  seek(offset: number): void {
    const listing = this.#directory.list();
    if (offset === this.#offset && listing === this.#listing && offset !== 0) return;
    const previous = offset === this.#offset ? this.#listing[this.#index - 3] : undefined;
    this.#listing = listing;
    this.#offset = offset;
    this.#index = offset < 2 ? offset : 2 + indexAfter(listing, offset, previous);
  }

  peek(): DirectoryEntry | undefined {
    const directory = this.#directory;
    if (this.#index === 0) return { name: '.', ino: directory.ino, type: S_IFDIR, next: 1 };
    if (this.#index === 1)
      return { name: '..', ino: (directory.parent ?? directory).ino, type: S_IFDIR, next: 2 };
    const entry = this.#listing[this.#index - 2];
    if (entry === undefined) return undefined;
    const { name, hash, type } = entry;
    return { name, ino: directory.liveChild(name)?.ino ?? hash, type, next: hash + 1 };
  }

  advance(): void {
    const entry = this.#index < 2 ? undefined : this.#listing[this.#index - 2];
    this.#index++;
    this.#offset = entry ? entry.hash + 1 : this.#index;
  }
}

/** The first entry at or past `offset`; with `previous`, the first entry after that one, which may share its hash. */
function indexAfter(listing: readonly Listed[], offset: number, previous: Listed | undefined): number {
  return partitionPoint(listing, ({ hash, name }) =>
    previous ? hash < previous.hash || (hash === previous.hash && name <= previous.name) : hash < offset,
  );
}
