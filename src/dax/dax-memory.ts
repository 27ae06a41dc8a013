import { smaller } from '../lib/bigint.ts';
import { isErrno, type Result } from '../lib/errno.ts';
import type { Range } from '../lib/range.ts';

const CHUNK_SHIFT = 16n;
const CHUNK_SIZE = 1 << Number(CHUNK_SHIFT);
const CHUNK_MASK = BigInt(CHUNK_SIZE - 1);

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
 * Only chunks that were written to take space; everything else reads as zero. It is lost with the machine, but for the
 * spans that something else keeps.
 */
export class DaxMemory implements MemoryStore {
  readonly #chunks = new Map<bigint, Uint8Array>();
  readonly #backings: Backing[] = [];

  /** Bytes really held here. */
  get allocated(): number {
    return this.#chunks.size * CHUNK_SIZE;
  }

  /** Leaves a span to another store: persistent memory outlives the machine. */
  back(span: Range, store: MemoryStore): void {
    this.#backings.push({ start: span.start, end: span.end, store });
  }

  read(address: bigint, length: number): Result<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const { store, count } = this.#pieceAt(address + BigInt(at), length - at);
      const piece = store ? store.read(address + BigInt(at), count) : this.#load(address + BigInt(at), count);
      if (isErrno(piece)) return piece;
      bytes.set(piece, at);
      at += count;
    }
    return bytes;
  }

  write(address: bigint, data: Uint8Array): void {
    for (let at = 0; at < data.length; ) {
      const { store, count } = this.#pieceAt(address + BigInt(at), data.length - at);
      const piece = data.subarray(at, at + count);
      if (store) store.write(address + BigInt(at), piece);
      else this.#save(address + BigInt(at), piece);
      at += count;
    }
  }

  /** How many of `length` bytes one store holds, at most up to the end of a chunk. */
  #pieceAt(address: bigint, length: number): { store: MemoryStore | undefined; count: number } {
    let limit = smaller((address | CHUNK_MASK) + 1n, address + BigInt(length));
    for (const { start, end, store } of this.#backings) {
      if (address >= start && address <= end)
        return { store, count: Number(smaller(end + 1n, address + BigInt(length)) - address) };
      if (start > address) limit = smaller(limit, start);
    }
    return { store: undefined, count: Number(limit - address) };
  }

  #load(address: bigint, count: number): Uint8Array {
    const from = Number(address & CHUNK_MASK);
    const chunk = this.#chunks.get(address >> CHUNK_SHIFT);
    return chunk ? chunk.subarray(from, from + count) : new Uint8Array(count);
  }

  #save(address: bigint, piece: Uint8Array): void {
    let chunk = this.#chunks.get(address >> CHUNK_SHIFT);
    if (!chunk) {
      if (piece.every(byte => byte === 0)) return;
      chunk = new Uint8Array(CHUNK_SIZE);
      this.#chunks.set(address >> CHUNK_SHIFT, chunk);
    }
    chunk.set(piece, Number(address & CHUNK_MASK));
  }
}
