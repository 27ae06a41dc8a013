import { PAGE, PAGE_SIZE } from './page.ts';

/** Memory by physical address: 4 KiB pages that are zero, and take no space, until somebody writes to them. */
export class SparseMemory {
  readonly #pages = new Map<bigint, Uint8Array>();

  /** Bytes really held here. */
  get allocated(): number {
    return this.#pages.size * PAGE_SIZE;
  }

  read(address: bigint, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (const piece of pieces(address, length)) {
      const page = this.#pages.get(piece.page);
      if (page) bytes.set(page.subarray(piece.offset, piece.offset + piece.length), piece.at);
    }
    return bytes;
  }

  write(address: bigint, data: Uint8Array): void {
    for (const piece of pieces(address, data.length)) {
      const part = data.subarray(piece.at, piece.at + piece.length);
      this.#pageToWrite(piece.page, part)?.set(part, piece.offset);
    }
  }

  /** Zeroes whole pages; the end is included. */
  erase(start: bigint, end: bigint): void {
    for (const page of this.#pagesFrom((start + PAGE - 1n) / PAGE, end / PAGE)) this.#pages.delete(page);
  }

  /** Zeroes the bytes of a range; the end is included. Costs what is held, whatever its length. */
  clear(start: bigint, end: bigint): void {
    for (const page of this.#pagesFrom(start / PAGE, end / PAGE)) {
      const first = page * PAGE;
      const from = start > first ? Number(start - first) : 0;
      const to = end < first + PAGE - 1n ? Number(end - first) + 1 : PAGE_SIZE;
      if (to - from === PAGE_SIZE) this.#pages.delete(page);
      else this.#pages.get(page)!.fill(0, from, to);
    }
  }

  /** The held pages with a number in [first, last]. */
  #pagesFrom(first: bigint, last: bigint): bigint[] {
    if (last - first >= this.#pages.size)
      return [...this.#pages.keys()].filter(page => page >= first && page <= last);
    const held: bigint[] = [];
    for (let page = first; page <= last; page++) if (this.#pages.has(page)) held.push(page);
    return held;
  }

  /** Pages that hold nothing but zeroes are not kept. */
  #pageToWrite(page: bigint, part: Uint8Array): Uint8Array | undefined {
    const known = this.#pages.get(page);
    const zero = part.every(byte => byte === 0);
    if (zero && part.length === PAGE_SIZE) {
      this.#pages.delete(page);
      return undefined;
    }
    if (known || zero) return known;
    const fresh = new Uint8Array(PAGE_SIZE);
    this.#pages.set(page, fresh);
    return fresh;
  }
}

interface Piece {
  readonly page: bigint;
  readonly offset: number;
  readonly length: number;
  /** Where the piece begins in the caller's bytes. */
  readonly at: number;
}

function* pieces(address: bigint, length: number): Generator<Piece> {
  for (let at = 0; at < length; ) {
    const position = address + BigInt(at);
    const offset = Number(position % PAGE);
    const size = Math.min(PAGE_SIZE - offset, length - at);
    yield { page: position / PAGE, offset, length: size, at };
    at += size;
  }
}
