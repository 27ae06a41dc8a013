import { type OpenFile, PENDING } from '../../src/kernel/fs/file-system.ts';
import { EINTR, type Result } from '../../src/kernel/lib/errno.ts';

/** libfuse repeats its signal after this long while the interrupted request is unanswered. */
const REPEAT_MS = 1000;
const REPEAT_SLACK_MS = 500;

interface WaitingRead {
  readonly stop: () => void;
  readonly answer: (result: Result<Uint8Array>) => void;
}

/**
 * Reads that have nothing to say yet. An interrupt arrives as a signal that does not tell which request it is for; but
 * all other requests are answered at once, so a repeated signal can only be for one of these, and ends them all.
 */
export class WaitingReads {
  readonly #waiting = new Set<WaitingRead>();
  #lastInterrupt = Number.NEGATIVE_INFINITY;

  read(file: OpenFile, offset: number, length: number, answer: (result: Result<Uint8Array>) => void): void {
    const result = file.read(offset, length);
    if (result !== PENDING) {
      answer(result);
      return;
    }
    const stop = file.onWake(() => {
      if (!this.#waiting.has(waiting)) return;
      const later = file.read(offset, length);
      if (later !== PENDING) this.#end(waiting, later);
    });
    const waiting = { stop, answer };
    this.#waiting.add(waiting);
  }

  /** @param now milliseconds on any steady clock */
  interrupted(now: number): void {
    const since = now - this.#lastInterrupt;
    this.#lastInterrupt = now;
    const repeated = Math.abs(since - REPEAT_MS) < REPEAT_SLACK_MS;
    if (repeated) this.endAll();
  }

  endAll(): void {
    for (const waiting of this.#waiting) this.#end(waiting, EINTR);
  }

  #end(waiting: WaitingRead, result: Result<Uint8Array>): void {
    this.#waiting.delete(waiting);
    waiting.stop();
    waiting.answer(result);
  }
}
