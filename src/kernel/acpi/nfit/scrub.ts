import { EBUSY, EINVAL, type Errno, isErrno } from '../../lib/errno.ts';
import { kstrtoll } from '../../lib/kstrtox.ts';
import { type Range, rangeLength } from '../../lib/range.ts';
import type { Timer } from '../../lib/timer.ts';
import type { PersistentMemory } from '../../nvdimm/persistent-memory.ts';

/** How often the driver looks how far the platform has come, and what the platform looks at meanwhile: 4 GiB in a second. */
const LOOK_MILLISECONDS = 100;
const BYTES_A_LOOK = (4n << 30n) / 10n;

/**
 * drivers/acpi/nfit/core.c: address range scrub. It makes progress with the time, so that it takes as long as fits its size,
 * and at once when somebody says so.
 */
export class AddressRangeScrub {
  /** Scrubs that have come to their end. */
  count = 0;
  readonly #memory: PersistentMemory;
  readonly #ranges: readonly Range[];
  readonly #completed: () => void;
  readonly #timer: Timer;
  #callOff = () => {};
  /** What is left to look at; empty when none is running. */
  #todo: Range[] = [];

  constructor(memory: PersistentMemory, ranges: readonly Range[], timer: Timer, completed: () => void) {
    this.#memory = memory;
    this.#ranges = ranges;
    this.#timer = timer;
    this.#completed = completed;
  }

  get running(): boolean {
    return this.#todo.length > 0;
  }

  /** Bytes not yet looked at. */
  get remaining(): bigint {
    return this.#todo.reduce((bytes, range) => bytes + rangeLength(range), 0n);
  }

  /** scrub_show: the counter, and `+` while one is running. */
  show(): string {
    return `${this.count}${this.running ? '+' : ''}\n`;
  }

  /** scrub_store: `1` starts one. EINVAL for another value, EBUSY while one is running. */
  store(text: string): Errno | undefined {
    const value = kstrtoll(text);
    if (isErrno(value)) return value;
    return value === 1n ? this.start() : EINVAL;
  }

  start(): Errno | undefined {
    if (this.running) return EBUSY;
    this.#todo = [...this.#ranges];
    this.#lookLater();
    return undefined;
  }

  /** The driver goes; what was not looked at is not. */
  stop(): void {
    this.#callOff();
    this.#todo = [];
  }

  /** acpi_nfit_scrub, the delayed work. */
  #lookLater(): void {
    this.#callOff = this.#timer(LOOK_MILLISECONDS, () => {
      this.advance(BYTES_A_LOOK);
      if (this.running) this.#lookLater();
    });
  }

  /** Looks at the next `bytes`, or at all that is left. At the end of it pollers of `scrub` are told. */
  advance(bytes: bigint = this.remaining): void {
    let budget = bytes;
    while (this.running && budget > 0n) {
      const next = this.#todo.shift()!;
      const { start, end } = next;
      const last = rangeLength(next) > budget ? start + budget - 1n : end;
      for (const bad of this.#memory.errors.within(start, last))
        this.#memory.known.add(bad.start, rangeLength(bad));
      budget -= last - start + 1n;
      if (last < end) this.#todo.unshift({ start: last + 1n, end });
      else if (!this.running) this.#complete();
    }
  }

  #complete(): void {
    this.#callOff();
    this.count++;
    this.#completed();
  }
}
