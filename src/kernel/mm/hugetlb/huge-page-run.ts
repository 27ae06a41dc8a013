import type { FrameRun } from '../zones/frame-run.ts';
import type { Zone } from '../zones/zone.ts';

/** Huge pages of one zone, in an order: there may be millions of them. */
export interface HugePageRun {
  readonly zone: Zone;
  readonly count: number;
  /** In boot memory: where, matters for the larger ones only. */
  readonly early: boolean;
  readonly frames?: FrameRun;
}

/** The pages of [from, to), which count from 0. */
export function sliceRun({ frames, ...run }: HugePageRun, from: number, to: number): HugePageRun[] {
  if (to <= from) return [];
  if (!frames) return [{ ...run, count: to - from }];
  return frames.slice(from, to).map(part => ({ ...run, count: part.count, frames: part }));
}

export function reversedRun(run: HugePageRun): HugePageRun {
  return run.frames ? { ...run, frames: run.frames.reversed() } : run;
}

/** Cuts a run, in order, by whether its pages, of `pages` small ones, overlap [pfn, end). */
export function cutRun(
  { frames, ...run }: HugePageRun,
  pfn: number,
  end: number,
  pages: number,
): { readonly run: HugePageRun; readonly inside: boolean }[] {
  if (!frames) return [{ run, inside: false }];
  return [...frames.cut(pfn, end, pages)].map(({ run: part, inside }) => ({
    run: { ...run, count: part.count, frames: part },
    inside,
  }));
}

/** The same pages in as few runs as there need be. */
export function joinedRuns(runs: Iterable<HugePageRun>): HugePageRun[] {
  const joined: HugePageRun[] = [];
  for (const run of runs) {
    const last = joined.pop();
    const both = last && joinRuns(last, run);
    if (last && !both) joined.push(last);
    joined.push(both ?? run);
  }
  return joined;
}

/** Two runs as one, if the second goes on as the first does. */
export function joinRuns(a: HugePageRun, b: HugePageRun): HugePageRun | undefined {
  if (a.zone !== b.zone || a.early !== b.early) return undefined;
  const count = a.count + b.count;
  if (!a.frames || !b.frames) return a.frames || b.frames ? undefined : { ...a, count };
  const frames = a.frames.joined(b.frames);
  return frames && { ...a, count, frames };
}
