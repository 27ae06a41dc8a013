import type { Scenario } from './scenario.ts';

const STEPS_OF_A_LINE = 20;

/** A line on a terminal that tells how far the replay of some recordings is. */
export class Progress {
  readonly #total: number;
  readonly #shown: boolean;
  #done = 0;

  constructor(scenarios: readonly Scenario[], shown: boolean) {
    this.#total = scenarios.reduce((all, { steps }) => all + steps.length, 0);
    this.#shown = shown;
  }

  step(): void {
    if (++this.#done % STEPS_OF_A_LINE === 0) this.#write(`step ${this.#done} of ${this.#total}`);
  }

  /** Makes room for what is to be printed. */
  clear(): void {
    this.#write('');
  }

  #write(text: string): void {
    if (this.#shown) process.stderr.write(`\r${text}\x1b[K`);
  }
}
