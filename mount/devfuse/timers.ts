import type { Timer } from '../../src/kernel/lib/timer.ts';

interface Due {
  /** Milliseconds of the clock. */
  readonly at: number;
  readonly act: () => void;
}

/** Timers of a thread that waits for requests and has no event loop: it asks how long it may wait, and runs what is due. */
export class Timers {
  readonly #now: () => number;
  readonly #due = new Set<Due>();

  constructor(now: () => number) {
    this.#now = now;
  }

  readonly timer: Timer = (milliseconds, act) => {
    const due = { at: this.#now() + milliseconds, act };
    this.#due.add(due);
    return () => this.#due.delete(due);
  };

  /** Milliseconds until the next one is due, rounded up; undefined when there is none. */
  get wait(): number | undefined {
    if (this.#due.size === 0) return undefined;
    const next = Math.min(...Array.from(this.#due, ({ at }) => at));
    return Math.max(0, Math.ceil(next - this.#now()));
  }

  /** Runs what is due; whether there was anything. */
  run(): boolean {
    const now = this.#now();
    const due = [...this.#due].filter(({ at }) => at <= now);
    for (const each of due) {
      // One may call another off.
      if (this.#due.delete(each)) each.act();
    }
    return due.length > 0;
  }
}
