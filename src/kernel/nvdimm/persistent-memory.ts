import { EIO, type Result } from '../lib/errno.ts';
import { type Range, rangeLength } from '../lib/range.ts';
import { SparseMemory } from '../lib/sparse-memory.ts';
import { BadRanges } from './badrange.ts';

/** The persistent memory of a machine: its content, the errors it has, and those that the kernel has come to know. */
export class PersistentMemory {
  /** It outlives drivers and modules, as the real thing does. */
  readonly media: SparseMemory;
  /** Uncorrectable errors of the media, met or not. */
  readonly errors: BadRanges;
  /** nvdimm_bus.badrange: what machine checks and scrubs have shown. */
  readonly known = new BadRanges();

  constructor(media = new SparseMemory(), errors = new BadRanges()) {
    this.media = media;
    this.errors = errors;
  }

  /** The same memory for the next kernel, which has all of its errors still to meet. */
  rebooted(): PersistentMemory {
    return new PersistentMemory(this.media, this.errors);
  }

  /** Memory that breaks where this one is told to, and loses its content with the machine. */
  volatile(): PersistentMemory {
    return new PersistentMemory(new SparseMemory(), this.errors);
  }

  /** A load from the media. EIO over an error, which is known from then on. */
  read(address: bigint, length: number): Result<Uint8Array> {
    const met = this.errors.within(address, address + BigInt(length) - 1n);
    if (met.length === 0) return this.media.read(address, length);
    for (const bad of met) this.known.add(bad.start, rangeLength(bad));
    return EIO;
  }

  write(address: bigint, data: Uint8Array): void {
    this.media.write(address, data);
  }

  /** Writes zeroes, which clears errors, over a range of any length. */
  zero(start: bigint, length: bigint): void {
    this.clearPoison(start, length);
    this.media.clear(start, start + length - 1n);
  }

  /** Breaks [start, start + length). `latent`: nobody knows until it is read or scrubbed. */
  addPoison(start: bigint, length: bigint, options: { readonly latent?: boolean } = {}): void {
    this.errors.add(start, length);
    if (!options.latent) this.known.add(start, length);
  }

  /** ND_CMD_CLEAR_ERROR: the span works again and reads as zeroes where it was bad. */
  clearPoison(start: bigint, length: bigint): void {
    for (const bad of this.errors.within(start, start + length - 1n)) this.media.clear(bad.start, bad.end);
    this.errors.forget(start, length);
    this.known.forget(start, length);
  }

  /** The content of a range is gone, as after a secure erase. */
  erase({ start, end }: Range): void {
    this.media.erase(start, end);
  }
}
