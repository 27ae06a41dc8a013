import { EINVAL, EIO, ENODEV, EPERM, isErrno, type Result } from '../lib/errno.ts';
import { fromLatin1, toLatin1 } from '../lib/latin1.ts';
import { PAGE_SIZE } from '../lib/page.ts';
import { DEFAULT_POLLMASK, POLLERR, POLLPRI, S_IFREG, SEEK_END } from '../lib/stat.ts';
import type { ChildSource, Directory } from './directory.ts';
import type { Caller, OpenFile } from './file-system.ts';
import { FileNode, type Node } from './node.ts';

/**
 * One sysfs file of an object of type T, declared once in the table beside the object.
 * `store` gets the text up to the first NUL; it returns nothing for "all taken", a count, or an errno.
 */
export interface Attribute<T> {
  readonly mode: number;
  readonly show?: (object: T, opener: Caller) => Result<string>;
  readonly store?: (object: T, text: string, opener: Caller) => Result<number | undefined>;
  /** A binary attribute, as those of CPU masks are: `show` runs for each read, which starts exactly at its offset. */
  readonly binary?: boolean;
  readonly size?: number;
  /**
   * The text is the same until `contentChanged` of its directory names it, or a store to it: it may be kept. Never of an
   * attribute that is notified, since nobody sees its pollers read what is kept.
   */
  readonly stable?: boolean | ((object: T) => boolean);
  /** `store` gets the whole text, NULs included. */
  readonly raw?: boolean;
}

type Show<T> = NonNullable<Attribute<T>['show']>;
type Store<T> = NonNullable<Attribute<T>['store']>;
type Options<T> = Pick<Partial<Attribute<T>>, 'mode' | 'binary' | 'size' | 'raw' | 'stable'>;

export function ro<T>(show: Show<T>, options: Options<T> = {}): Attribute<T> {
  return { mode: 0o444, show, ...options };
}

export function rw<T>(show: Show<T>, store: Store<T>, options: Options<T> = {}): Attribute<T> {
  return { mode: 0o644, show, store, ...options };
}

export function wo<T>(store: Store<T>, options: Options<T> = {}): Attribute<T> {
  return { mode: 0o200, store, ...options };
}

/** A store of what `parse` makes of the text; where that is an errno, it is the answer. */
export function parsed<T, V>(
  parse: (text: string) => Result<V>,
  store: (object: T, value: V) => Result<void>,
): Store<T> {
  return (object, text) => {
    const value = parse(text);
    const answer = isErrno(value) ? value : store(object, value);
    return isErrno(answer) ? answer : undefined;
  };
}

/** A table of attributes; `visible` gives the mode for one object (0 hides the file), asked once, when it is added. */
export class AttributeGroup<T> {
  readonly attributes: ReadonlyMap<string, Attribute<T>>;
  readonly #visible: ((object: T, name: string, mode: number) => number) | undefined;

  constructor(
    attributes: ReadonlyMap<string, Attribute<T>>,
    visible?: (object: T, name: string, mode: number) => number,
  ) {
    this.attributes = attributes;
    this.#visible = visible;
  }

  /** The files of one object, to attach to its directory. */
  of(object: T): ChildSource {
    return new AttributeSource(this, object, this.#modes(object));
  }

  #modes(object: T): ReadonlyMap<string, number> | undefined {
    if (!this.#visible) return undefined;
    const modes = new Map<string, number>();
    for (const [name, attribute] of this.attributes) {
      const mode = this.#visible(object, name, attribute.mode);
      if (mode !== 0) modes.set(name, mode);
    }
    return modes;
  }
}

export interface GroupOptions<T> {
  /** The mode for one object, 0 to hide the file; asked once, when the object is added. */
  readonly visible?: (object: T, name: string, mode: number) => number;
  /** All attributes of the table are stable but those that say otherwise. */
  readonly stable?: boolean;
}

export function group<T>(
  attributes: Readonly<Record<string, Attribute<T>>>,
  { visible, stable = false }: GroupOptions<T> = {},
): AttributeGroup<T> {
  const entries = Object.entries(attributes);
  return new AttributeGroup(
    new Map(stable ? entries.map(([name, attribute]) => [name, { stable, ...attribute }]) : entries),
    visible,
  );
}

class AttributeSource<T> implements ChildSource {
  readonly directories = 0;
  readonly #group: AttributeGroup<T>;
  readonly #object: T;
  readonly #modes: ReadonlyMap<string, number> | undefined;

  constructor(group: AttributeGroup<T>, object: T, modes: ReadonlyMap<string, number> | undefined) {
    this.#group = group;
    this.#object = object;
    this.#modes = modes;
  }

  make(parent: Directory, name: string): Node | undefined {
    const attribute = this.#group.attributes.get(name);
    if (!attribute) return undefined;
    const mode = this.#modes ? this.#modes.get(name) : attribute.mode;
    return mode === undefined ? undefined : new AttributeFile(parent, name, mode, attribute, this.#object);
  }

  names(): Iterable<string> {
    return (this.#modes ?? this.#group.attributes).keys();
  }

  typeOf(): number {
    return S_IFREG;
  }
}

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

  /** An open descriptor's fstat keeps the link count of 1. */
  override get nlink(): number {
    return 1;
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
    if (removed) return ENODEV;
    this.#seen = this.#node.notifications;
    const text = attribute.show ? attribute.show(object, this.#opener) : EIO;
    this.#position = -1;
    if (isErrno(text)) return text;
    const limit = attribute.binary ? text.length : PAGE_SIZE - 1;
    this.#text = toLatin1(text, limit);
    return undefined;
  }

  write(_offset: number, data: Uint8Array): Result<number> {
    const { attribute, object, removed } = this.#node;
    if (removed) return ENODEV;
    if (data.length === 0) return 0;
    if (!attribute.store) return EIO;
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
