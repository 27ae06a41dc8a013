import type { Inode, TreeListener } from '../../src/kernel/fs/file-system.ts';
import { S_IFDIR, S_IFREG } from '../../src/kernel/lib/stat.ts';
import { Reply } from './message.ts';
import type { KnownNode, NodeTable } from './node-table.ts';
import {
  FUSE_EXPIRE_ONLY,
  FUSE_NOTIFY_INVAL_ENTRY,
  FUSE_NOTIFY_INVAL_INODE,
  FUSE_NOTIFY_STORE,
  NotifyInvalEntryOut,
  NotifyInvalInodeOut,
  NotifyStoreOut,
  OutHeader,
} from './protocol.ts';

const NAME_BYTES_MAX = 1024;
const NONE: readonly Uint8Array[] = [];
/** About as many entries as one buffer of a listing holds. */
const RELISTED_AT = 128;

/**
 * What a request changed of that which the kernel keeps: the notifications to send before its answer.
 *
 * INVAL_ENTRY waits for the directory's lock, which a lookup in progress holds; the thread that would answer that
 * lookup must not be the one that waits. And a call that changes names itself (mkdir, rename, ...) holds the lock
 * until its answer: the kernel knows what it did, so nothing is sent for those.
 *
 * A name expires, as one of kernfs does: who holds what is gone keeps its path until somebody looks for it (d_revalidate).
 *
 * For a name in a directory that was listed INVAL_ENTRY is sent even if the kernel never looked the name up: it waits
 * until a listing in progress is in the kernel's cache, so that the INVAL_INODE after it takes that listing away.
 */
export class Changes implements TreeListener {
  readonly #nodes: NodeTable;
  readonly #contents: boolean;
  readonly #now: () => number;
  readonly #inodes = new Set<KnownNode>();
  readonly #entries: { readonly parent: KnownNode; readonly name: string }[] = [];
  readonly #sizes: Uint8Array[] = [];
  readonly #message = new Reply(OutHeader.bytes + NotifyInvalEntryOut.bytes + NAME_BYTES_MAX);

  /**
   * @param contents whether page contents are cached, too.
   * @param now milliseconds.
   */
  constructor(nodes: NodeTable, contents: boolean, now: () => number) {
    this.#nodes = nodes;
    this.#contents = contents;
    this.#now = now;
  }

  entryChanged(directory: Inode, name: string): void {
    const parent = this.#nodes.find(directory);
    if (!parent) return;
    this.#inodes.add(parent);
    const child = parent.children.get(name);
    if (child) this.#unname(child);
    else if (parent.listed) this.#entries.push({ parent, name });
    parent.listed = false;
  }

  /** Without pages to keep, a living file has nothing to tell: its attributes change by calls on it only. */
  inodeChanged(inode: Inode): void {
    const known = this.#nodes.find(inode);
    if (!known || !(this.#contents || inode.removed || inode.paged || inode.type === S_IFDIR)) return;
    this.#inodes.add(known);
    known.contentSize = undefined;
    known.changedAt = this.#now();
    if (inode.removed) this.#unname(known);
  }

  /**
   * Makes the kernel take the file for so long, by a last byte as all texts have it; the open in progress drops its page.
   * Waits for the lock of that page.
   */
  lengthen(known: KnownNode, length: number): void {
    const message = this.#message;
    const { at, bytes } = NotifyStoreOut;
    known.attributesKept = false;
    message.clear(NotifyStoreOut);
    message.u64(at.nodeid, known.id);
    message.u64(at.offset, length - 1);
    message.u32(at.size, 1);
    const end = bytes + message.text('\n', bytes);
    this.#sizes.push(message.copy(message.seal(end, -FUSE_NOTIFY_STORE, 0)));
  }

  /**
   * A read or write makes the kernel doubt the times, for which the next stat(2) asks. Where that came upon many entries of a
   * directory, as of lsmem(1), the kernel is to read the listing again, which tells them together.
   */
  doubt(known: KnownNode): void {
    const { parent, attributesKept } = known;
    known.attributesKept = false;
    if (!attributesKept || !parent?.listed || ++parent.doubtful < RELISTED_AT) return;
    parent.listed = false;
    this.#inodes.add(parent);
  }

  #unname(known: KnownNode): void {
    const { parent, name } = known;
    if (!parent) return;
    this.#entries.push({ parent, name });
    this.#nodes.place(known, undefined, '');
  }

  /** The call in progress changes names on behalf of the kernel, which needs no telling. */
  drop(): void {
    this.#inodes.clear();
    this.#entries.length = 0;
    this.#sizes.length = 0;
  }

  /** The notifications for all changes since the last time. */
  take(): readonly Uint8Array[] {
    if (this.#inodes.size + this.#entries.length + this.#sizes.length === 0) return NONE;
    const messages = [...this.#sizes];
    for (const { parent, name } of this.#entries) messages.push(this.#invalEntry(parent, name));
    for (const known of this.#inodes) messages.push(this.#invalInode(known));
    this.drop();
    return messages;
  }

  #invalEntry(parent: KnownNode, name: string): Uint8Array {
    const message = this.#message;
    const { at, bytes } = NotifyInvalEntryOut;
    const length = message.text(`${name}\0`, bytes);
    message.u64(at.parent, parent.id);
    message.u32(at.namelen, length - 1);
    message.u32(at.flags, FUSE_EXPIRE_ONLY);
    return message.copy(message.seal(bytes + length, -FUSE_NOTIFY_INVAL_ENTRY, 0));
  }

  #invalInode(known: KnownNode): Uint8Array {
    const { id, inode } = known;
    known.attributesKept = false;
    const pages = inode.type === S_IFDIR || inode.paged || (this.#contents && inode.type === S_IFREG);
    const message = this.#message;
    putInvalInode(message, id, pages);
    return message.copy(message.seal(NotifyInvalInodeOut.bytes, -FUSE_NOTIFY_INVAL_INODE, 0));
  }
}

/** A negative offset leaves the pages alone: of files only those that may be cached have some. */
export function putInvalInode(message: Reply, id: number, pages: boolean): void {
  const { at } = NotifyInvalInodeOut;
  message.u64(at.ino, id);
  message.u64(at.off, pages ? 0 : -1);
  message.u64(at.len, 0);
}
