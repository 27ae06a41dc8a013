import { smaller } from '../lib/bigint.ts';

const CHUNK_SHIFT = 16n;
const CHUNK_SIZE = 1 << Number(CHUNK_SHIFT);
const CHUNK_MASK = BigInt(CHUNK_SIZE - 1);

/** Physical addresses, both ends included. */
export interface PhysicalSpan {
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * What is stored in device memory, by physical address: whichever device covers an address later finds the bytes there.
 * Only chunks that were written to take space; everything else reads as zero.
 */
export class DaxMemory {
  readonly #chunks = new Map<bigint, Uint8Array>();

  /** Bytes really held. */
  get allocated(): number {
    return this.#chunks.size * CHUNK_SIZE;
  }

  read(address: bigint, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    forEachPiece(address, length, (key, from, at, count) => {
      const chunk = this.#chunks.get(key);
      if (chunk) bytes.set(chunk.subarray(from, from + count), at);
    });
    return bytes;
  }

  write(address: bigint, data: Uint8Array): void {
    forEachPiece(address, data.length, (key, from, at, count) => {
      const piece = data.subarray(at, at + count);
      let chunk = this.#chunks.get(key);
      if (!chunk) {
        if (piece.every(byte => byte === 0)) return;
        chunk = new Uint8Array(CHUNK_SIZE);
        this.#chunks.set(key, chunk);
      }
      chunk.set(piece, from);
    });
  }

  /** What is left after a reboot: the content of `spans`, which are persistent. Everything else is lost. */
  afterReboot(spans: readonly PhysicalSpan[]): DaxMemory {
    const kept = new DaxMemory();
    for (const key of this.#chunks.keys()) {
      const start = key << CHUNK_SHIFT;
      const end = start + CHUNK_MASK;
      for (const span of spans) {
        if (span.end < start || span.start > end) continue;
        const from = span.start > start ? span.start : start;
        kept.write(from, this.read(from, Number(smaller(span.end, end) - from + 1n)));
      }
    }
    return kept;
  }
}

function forEachPiece(
  address: bigint,
  length: number,
  visit: (key: bigint, from: number, at: number, count: number) => void,
): void {
  for (let at = 0; at < length; ) {
    const position = address + BigInt(at);
    const from = Number(position & CHUNK_MASK);
    const count = Math.min(CHUNK_SIZE - from, length - at);
    visit(position >> CHUNK_SHIFT, from, at, count);
    at += count;
  }
}
