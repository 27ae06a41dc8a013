import { smaller } from '../../lib/bigint.ts';
import { isErrno, type Result } from '../../lib/errno.ts';
import type { Range } from '../../lib/range.ts';
import { SparseMemory } from '../../lib/sparse-memory.ts';

/** Bytes by physical address. */
export interface MemoryStore {
  /** EIO where the memory has an uncorrectable error. */
  read(address: bigint, length: number): Result<Uint8Array>;
  write(address: bigint, data: Uint8Array): void;
}

interface Backing extends Range {
  readonly store: MemoryStore;
}

/**
 * What is stored in device memory, by physical address: whichever device covers an address later finds the bytes there.
 * It is lost with the machine, but for the spans that something else keeps.
 */
export class DaxMemory implements MemoryStore {
  readonly #own = new SparseMemory();
  readonly #backings: Backing[] = [];

  /** Bytes really held here. */
  get allocated(): number {
    return this.#own.allocated;
  }

  /** Leaves a span to another store: persistent memory outlives the machine. */
  back(span: Range, store: MemoryStore): void {
    this.#backings.push({ start: span.start, end: span.end, store });
  }

  read(address: bigint, length: number): Result<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const { store, count } = this.#pieceAt(address + BigInt(at), length - at);
      const piece = store.read(address + BigInt(at), count);
      if (isErrno(piece)) return piece;
      bytes.set(piece, at);
      at += count;
    }
    return bytes;
  }

  write(address: bigint, data: Uint8Array): void {
    for (let at = 0; at < data.length; ) {
      const { store, count } = this.#pieceAt(address + BigInt(at), data.length - at);
      store.write(address + BigInt(at), data.subarray(at, at + count));
      at += count;
    }
  }

  /** The store that holds an address, and how many of `length` bytes it does. */
  #pieceAt(address: bigint, length: number): { store: MemoryStore; count: number } {
    let limit = address + BigInt(length);
    for (const { start, end, store } of this.#backings) {
      if (address >= start && address <= end)
        return { store, count: Number(smaller(end + 1n, limit) - address) };
      if (start > address) limit = smaller(limit, start);
    }
    return { store: this.#own, count: Number(limit - address) };
  }
}
