/** File handles: numbers given to the kernel for what it opened. */
export class HandleTable<T> {
  readonly #handles: (T | undefined)[] = [];
  readonly #free: number[] = [];

  add(value: T): number {
    const handle = this.#free.pop() ?? this.#handles.length;
    this.#handles[handle] = value;
    return handle;
  }

  /** @throws for a handle that is not open: a bug on one of both sides. */
  get(handle: number): T {
    const value = this.#handles[handle];
    if (value === undefined)
      throw new RangeError(`the kernel names file handle ${handle}, which is not open`);
    return value;
  }

  remove(handle: number): T {
    const value = this.get(handle);
    this.#handles[handle] = undefined;
    this.#free.push(handle);
    return value;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (const value of this.#handles) if (value !== undefined) yield value;
  }
}
