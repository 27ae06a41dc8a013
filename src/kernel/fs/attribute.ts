import { isErrno, type Result } from '../lib/errno.ts';
import { S_IFREG } from '../lib/stat.ts';
import { AttributeFile } from './attribute-file.ts';
import type { ChildSource, Directory } from './directory.ts';
import type { Caller } from './file-system.ts';
import type { Node } from './node.ts';

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
