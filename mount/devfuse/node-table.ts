import type { FileSystem, Inode, OpenDirectory } from '../../src/kernel/fs/file-system.ts';
import type { Result } from '../../src/kernel/lib/errno.ts';
import { FUSE_ROOT_ID } from './protocol.ts';

/** An inode that the kernel knows, and the name by which it knows it. */
export interface KnownNode {
  readonly id: number;
  readonly inode: Inode;
  /** How many lookups the kernel did not forget yet. */
  lookups: number;
  parent: KnownNode | undefined;
  name: string;
  /** Of a directory: the known nodes in it. */
  children: Map<string, KnownNode>;
  /** Of a directory: where its listing goes on. One for all readers, since each says where it is. */
  cursor: Result<OpenDirectory> | undefined;
  /** The kernel has the attributes, with all times: a read makes it ask for the access time again. */
  attributesKept: boolean;
  /** The kernel may keep a listing of this directory. */
  listed: boolean;
  /** Of a directory: how many entries a listing could tell anew, whose attributes the kernel came to doubt since the last one. */
  doubtful: number;
  /** Length of the content, while the kernel may keep it. */
  contentSize: number | undefined;
  /**
   * The size that the kernel goes by in splice(2) and sendfile(2), where there may be more to read; undefined where it is
   * the size that was told. It is less for a text of no size, after a page that was not full, and after O_TRUNC.
   */
  shortSize: number | undefined;
  /** When the content changed last, in milliseconds of the connection’s clock; undefined when it did not. */
  changedAt: number | undefined;
}

/** Shared by all in which nothing is known: a map takes 200 bytes. Nothing is ever put into it. */
const NO_CHILDREN = new Map<string, KnownNode>();

/**
 * The kernel's node ids. An id is never used for another inode, since the kernel keeps type and st_rdev of an id
 * for ever, and a file system never uses an inode number twice.
 */
export class NodeTable {
  readonly root: KnownNode;
  /** By id: ids are given in order, when something is looked up for the first time. */
  readonly #nodes: (KnownNode | undefined)[] = [];

  constructor(fileSystem: FileSystem) {
    const root = node(FUSE_ROOT_ID, fileSystem.root);
    this.root = root;
    this.#nodes[FUSE_ROOT_ID] = root;
  }

  /** @throws for an id that the kernel was never given: a bug on one of both sides. */
  get(id: number): KnownNode {
    const known = this.#nodes[id];
    if (!known) throw new RangeError(`the kernel names node ${id}, which it forgot`);
    return known;
  }

  /** The node, if the kernel knows it. */
  peek(id: number): KnownNode | undefined {
    return this.#nodes[id];
  }

  find(inode: Inode): KnownNode | undefined {
    return inode === this.root.inode ? this.root : this.#nodes[idOf(inode)];
  }

  /** Counts a lookup: the answer that gives this node to the kernel. */
  give(inode: Inode, parent: KnownNode, name: string): KnownNode {
    let known = this.find(inode);
    if (!known) {
      known = node(idOf(inode), inode);
      this.#nodes[known.id] = known;
    }
    known.lookups++;
    if (known !== this.root) this.place(known, parent, name);
    return known;
  }

  /** The kernel knows the node by this name now, and by no other. */
  place(known: KnownNode, parent: KnownNode | undefined, name: string): void {
    if (known.parent === parent && known.name === name && parent?.children.get(name) === known) return;
    if (known.parent?.children.get(known.name) === known) known.parent.children.delete(known.name);
    known.parent = parent;
    known.name = name;
    if (!parent) return;
    if (parent.children === NO_CHILDREN) parent.children = new Map();
    parent.children.set(name, known);
  }

  forget(id: number, lookups: number): void {
    const known = this.#nodes[id];
    if (!known || known === this.root) return;
    known.lookups -= lookups;
    if (known.lookups > 0) return;
    this.place(known, undefined, '');
    this.#nodes[id] = undefined;
  }
}

function idOf(inode: Inode): number {
  return inode.ino + FUSE_ROOT_ID;
}

function node(id: number, inode: Inode): KnownNode {
  return {
    id,
    inode,
    lookups: 0,
    parent: undefined,
    name: '',
    children: NO_CHILDREN,
    cursor: undefined,
    attributesKept: false,
    listed: false,
    doubtful: 0,
    contentSize: undefined,
    shortSize: undefined,
    changedAt: undefined,
  };
}
