import { describe, expect, it } from 'vitest';
import { FrameRun } from '../../../../src/kernel/mm/zones/frame-run.ts';

const framesOf = (run: FrameRun): number[] => Array.from({ length: run.count }, (_, i) => run.at(i));
const all = (runs: readonly FrameRun[]): number[] => runs.flatMap(framesOf);

const RUNS = {
  'goes up': new FrameRun(100, 6, 2),
  'goes down': new FrameRun(110, 6, -2),
  'is one frame': new FrameRun(100, 1, 0),
  'has pairs that go down': new FrameRun(140, 2, 2, 5, -10),
  'has threes down in an order that goes up': new FrameRun(104, 3, -2, 4, 10),
};

describe.each(Object.entries(RUNS))('a run of page frames that %s', (_name, run) => {
  const frames = framesOf(run);

  it('has the same frames in the other order when reversed', () => {
    expect(framesOf(run.reversed())).toEqual([...frames].reverse());
  });

  it('can be sliced anywhere, into no more than three', () => {
    for (let from = 0; from <= run.count; from++)
      for (let to = from; to <= run.count; to++) {
        const slices = run.slice(from, to);
        expect(all(slices)).toEqual(frames.slice(from, to));
        expect(slices.length).toBeLessThanOrEqual(3);
      }
  });

  it.each([1, 2])('is cut by what overlaps a range, frames being the first of %i', pages => {
    for (let pfn = 90; pfn < 150; pfn++)
      for (const end of [pfn + 1, pfn + 5, pfn + 23]) {
        const parts = [...run.cut(pfn, end, pages)];
        expect(all(parts.map(part => part.run))).toEqual(frames);
        for (const part of parts)
          for (const frame of framesOf(part.run))
            expect(frame < end && frame + pages > pfn).toBe(part.inside);
      }
  });

  it('tells the ranges that its frames have', () => {
    const inRanges = [...run.spans(2)].flatMap(([start, end]) =>
      Array.from({ length: end - start }, (_, i) => start + i),
    );
    expect(inRanges.sort((a, b) => a - b)).toEqual(
      frames.flatMap(pfn => [pfn, pfn + 1]).sort((a, b) => a - b),
    );
  });
});

describe('two runs of page frames', () => {
  it('are one when the second goes on as the first does', () => {
    const runs = Object.values(RUNS).flatMap(run =>
      Array.from({ length: run.count - 1 }, (_, i) => [run.slice(0, i + 1), run.slice(i + 1, run.count)]),
    );
    for (const [head, tail] of runs) {
      const joined = head!.at(-1)!.joined(tail![0]!);
      if (joined) expect(framesOf(joined)).toEqual(all([head!.at(-1)!, tail![0]!]));
    }
    expect(new FrameRun(0, 2, 1, 3, 4).joined(new FrameRun(12, 2, 1))).toEqual(new FrameRun(0, 2, 1, 4, 4));
    expect(new FrameRun(0, 3, 1).joined(new FrameRun(3, 2, 1))).toEqual(new FrameRun(0, 5, 1));
  });

  it('stay two when it does not', () => {
    expect(new FrameRun(0, 3, 1).joined(new FrameRun(4, 2, 1))).toBeUndefined();
    expect(new FrameRun(0, 2, 1, 3, 4).joined(new FrameRun(13, 2, 1))).toBeUndefined();
  });
});
