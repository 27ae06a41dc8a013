import { EINVAL, EIO, ENODEV, EPERM, isErrno, type Result, refusal } from '../lib/errno.ts';
import { fromLatin1, toLatin1 } from '../lib/latin1.ts';
import { PAGE_SIZE } from '../lib/page.ts';
import { DEFAULT_POLLMASK, POLLERR, POLLPRI, S_IFREG, SEEK_END } from '../lib/stat.ts';
import type { Attribute } from './attribute.ts';
import type { Directory } from './directory.ts';
import type { Caller, OpenFile } from './file-system.ts';
import { FileNode } from './node.ts';

/** fs/kernfs file of sysfs: where an attribute meets its object. */
export class AttributeFile<T> extends FileNode {
  readonly type = S_IFREG;
  readonly attribute: Attribute<T>;
  readonly object: T;
  /** Counts sysfs_notify calls; a descriptor compares it with the value at its last read. */
  notifications = 0;
  #wakers: Set<() => void> | undefined;

  constructor(parent: Directory, name: string, mode: number, attribute: Attribute<T>, object: T) {
    super(parent.tree, parent, name, mode);
    this.attribute = attribute;
    this.object = object;
  }

  override get cacheable(): boolean {
    const { stable = false } = this.attribute;
    return typeof stable === 'function' ? stable(this.object) : stable;
  }

  /** Text attributes have a page, whatever they hold: also the most that one store sees. */
  override get size(): number {
    return this.attribute.size ?? PAGE_SIZE;
  }

  /** An open descriptor's fstat keeps the link count of 1, on kernels before 7.2. */
  override get nlink(): number {
    return this.removed && this.parent?.leavesNoLinks ? 0 : 1;
  }

  /** kernfs_fop_open */
  override get barsRoot(): boolean {
    return true;
  }

  open(_flags: number, caller: Caller): OpenFile {
    return new OpenAttribute(this, caller);
  }

  /** sysfs_notify: pollers wake with POLLERR | POLLPRI. */
  notify(): void {
    this.notifications++;
    this.#wake();
    this.tree.inodeChanged(this);
  }

  override markRemoved(): void {
    super.markRemoved();
    this.#wake();
  }

  onWake(callback: () => void): () => void {
    this.#wakers ??= new Set();
    const wakers = this.#wakers;
    wakers.add(callback);
    return () => wakers.delete(callback);
  }

  #wake(): void {
    for (const wake of [...(this.#wakers ?? [])]) wake();
  }
}

/** sysfs_notify: whoever polls the attribute wakes. Nobody polls one that nobody looked at. */
export function sysfsNotify(directory: Directory, name: string): void {
  const file = directory.liveChild(name);
  if (file instanceof AttributeFile) file.notify();
}

const gone = () => refusal(ENODEV, 'the object is gone since the file was opened');

const EMPTY = new Uint8Array(0);

/** Most reads ask for all of a text or for what follows it: neither needs a view of its own. */
function part(text: Uint8Array, offset: number, length: number): Uint8Array {
  if (offset >= text.length) return EMPTY;
  return offset === 0 && length >= text.length ? text : text.subarray(offset, offset + length);
}

/** fs/seq_file.c and fs/kernfs/file.c: one snapshot of the text for each walk through it; one store for each write. */
class OpenAttribute<T> implements OpenFile {
  readonly #node: AttributeFile<T>;
  readonly #opener: Caller;
  #text: Uint8Array = EMPTY;
  /** Where the last read ended; −1 before the first. */
  #position = -1;
  #seen = -1;

  constructor(node: AttributeFile<T>, opener: Caller) {
    this.#node = node;
    this.#opener = opener;
  }

  read(offset: number, length: number): Result<Uint8Array> {
    if (length === 0) return EMPTY;
    if (this.#node.attribute.binary) return this.#readBitmap(offset, length);
    const continues = offset !== 0 && offset === this.#position;
    if (!continues || (offset >= this.#text.length && this.#node.removed)) {
      const error = this.#fill();
      if (error) return error;
    }
    const bytes = part(this.#text, offset, length);
    this.#position = offset + bytes.length;
    return bytes;
  }

  /**
   * include/linux/cpumask.h cpumap_print_bitmask_to_buf: answers one less than it copied, and copies the NUL at the end too.
   * So a read of one byte finds nothing, and one behind the NUL an error of -1.
   */
  #readBitmap(offset: number, length: number): Result<Uint8Array> {
    const error = this.#fill();
    if (error) return error;
    const room = Math.min(length, PAGE_SIZE, this.#node.size - offset);
    if (room <= 0) return EMPTY;
    if (offset > this.#text.length) return EPERM;
    return part(this.#text, offset, room - 1);
  }

  #fill() {
    const { attribute, object, removed } = this.#node;
    if (removed) return gone();
    this.#seen = this.#node.notifications;
    const text = attribute.show
      ? attribute.show(object, this.#opener)
      : refusal(EIO, 'the attribute cannot be read');
    this.#position = -1;
    if (isErrno(text)) return text;
    const limit = attribute.binary ? text.length : PAGE_SIZE - 1;
    this.#text = toLatin1(text, limit);
    return undefined;
  }

  write(_offset: number, data: Uint8Array): Result<number> {
    const { attribute, object, removed } = this.#node;
    if (removed) return gone();
    if (data.length === 0) return 0;
    if (!attribute.store) return refusal(EIO, 'the attribute cannot be written');
    const taken = Math.min(data.length, PAGE_SIZE);
    const given = fromLatin1(data, taken);
    const nul = attribute.raw ? -1 : given.indexOf('\0');
    const text = nul < 0 ? given : given.slice(0, nul);
    const stored = attribute.store(object, text, this.#opener);
    this.#node.tree.inodeChanged(this.#node);
    return stored ?? taken;
  }

  poll(): number {
    const notified = this.#node.removed || this.#seen !== this.#node.notifications;
    return notified ? DEFAULT_POLLMASK | POLLERR | POLLPRI : DEFAULT_POLLMASK;
  }

  onWake(callback: () => void): () => void {
    return this.#node.onWake(callback);
  }

  lseek(offset: number, whence: number): Result<number> {
    if (this.#node.removed) return ENODEV;
    const target = whence === SEEK_END ? this.#node.size + offset : offset;
    return target < 0 || target > 0x7fffffff ? EINVAL : target;
  }

  release(): void {}
}
