import { FrameRun } from './frame-run.ts';

/**
 * A free list of the page allocator: page frames, of which the last that came goes first. It holds runs, so that memory that
 * comes and goes in ranges costs as much as there are ranges.
 */
export class FreeList {
  #runs: FrameRun[] = [];

  push(pfn: number): void {
    this.pushRun(new FrameRun(pfn, 1, 0));
  }

  /** @param run of one unit; its last frame goes first */
  pushRun(run: FrameRun): void {
    const last = this.#runs.at(-1);
    const joined = last?.joined(run);
    const isOne = joined?.units === 1;
    if (isOne) this.#runs.pop();
    this.#runs.push(isOne ? joined : run);
  }

  pop(): number | undefined {
    return this.popRun(1)?.first;
  }

  /** Up to `count` frames that go next, in the order of going. */
  popRun(count: number): FrameRun | undefined {
    const run = this.#runs.pop();
    if (!run) return undefined;
    const stays = Math.max(run.count - count, 0);
    this.#runs.push(...run.slice(0, stays));
    return run.slice(stays, run.count)[0]!.reversed();
  }

  has(pfn: number): boolean {
    return this.countIn(pfn, pfn + 1) > 0;
  }

  /** Frames in [pfn, end). */
  countIn(pfn: number, end: number): number {
    let count = 0;
    for (const run of this.#runs)
      if (meets(run, pfn, end))
        for (const part of run.cut(pfn, end, 1)) if (part.inside) count += part.run.count;
    return count;
  }

  /** Whether it was there. */
  delete(pfn: number): boolean {
    return this.deleteIn(pfn, pfn + 1);
  }

  /** Whether there were any in [pfn, end). */
  deleteIn(pfn: number, end: number): boolean {
    if (this.countIn(pfn, end) === 0) return false;
    this.#runs = this.#runs.flatMap(run =>
      meets(run, pfn, end)
        ? [...run.cut(pfn, end, 1)].filter(part => !part.inside).map(part => part.run)
        : [run],
    );
    return true;
  }
}

function meets({ first, last }: FrameRun, pfn: number, end: number): boolean {
  return Math.max(first, last) >= pfn && Math.min(first, last) < end;
}
