import type { LogLine } from '../step.ts';

const TOTAL_PAGES = /(?<=mobility grouping o(?:n|ff)\. {2}Total pages: )\d+/;

/** Zones' marks are shares of what boot left over, and rounded: by no more pages than this for all zones together. */
const ROUNDING = 8;

/**
 * The pages that zonelists were built for. How many boot left over is the kernel image's; what comes and goes later is not, so
 * the first time says how much ours is off.
 */
export class TotalPages {
  #offset: number | undefined;

  /** Our lines as they would read on the recorded machine. */
  asRecorded(ours: readonly LogLine[], recorded: readonly LogLine[]): readonly LogLine[] {
    const expected = recorded.flatMap(({ text }) => TOTAL_PAGES.exec(text)?.[0] ?? []).map(Number);
    let position = 0;
    return ours.map(line => ({
      ...line,
      text: line.text.replace(TOTAL_PAGES, pages => this.#calibrated(Number(pages), expected[position++])),
    }));
  }

  #calibrated(pages: number, expected: number | undefined): string {
    if (expected === undefined) return String(pages + (this.#offset ?? 0));
    this.#offset ??= expected - pages;
    const distance = pages + this.#offset - expected;
    return String(Math.abs(distance) <= ROUNDING ? expected : expected + distance);
  }
}
