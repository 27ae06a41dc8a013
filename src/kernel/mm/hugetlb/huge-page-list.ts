import { type HugePageRun, joinRuns, reversedRun, sliceRun } from './huge-page-run.ts';

/** The free huge pages of a node; the last that came goes first. */
export class HugePageList {
  #runs: HugePageRun[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  push(run: HugePageRun): void {
    const last = this.#runs.at(-1);
    const joined = last && joinRuns(last, run);
    if (joined) this.#runs.pop();
    this.#runs.push(joined ?? run);
    this.#count += run.count;
  }

  /** Takes up to `count`, in the order of going. */
  pop(count: number): HugePageRun[] {
    const gone: HugePageRun[] = [];
    for (let left = count; left > 0; ) {
      const run = this.#runs.pop();
      if (!run) break;
      const stays = Math.max(run.count - left, 0);
      this.#runs.push(...sliceRun(run, 0, stays));
      gone.push(...sliceRun(run, stays, run.count).reverse().map(reversedRun));
      left -= run.count - stays;
    }
    this.#count -= gone.reduce((sum, run) => sum + run.count, 0);
    return gone;
  }

  /** Keeps of each run what `kept` returns. */
  filter(kept: (run: HugePageRun) => readonly HugePageRun[]): void {
    this.#runs = this.#runs.flatMap(kept);
    this.#count = this.#runs.reduce((sum, run) => sum + run.count, 0);
  }
}
