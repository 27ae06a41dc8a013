/**
 * Page frames in an order, of which there may be millions: `units` of `length` frames each. The frames of a unit are `step`
 * apart, units are `unitStep`. Both go up or down. A unit spans less than `unitStep`.
 */
export class FrameRun {
  readonly first: number;
  readonly length: number;
  readonly step: number;
  readonly units: number;
  readonly unitStep: number;

  constructor(first: number, length: number, step: number, units = 1, unitStep = 0) {
    this.first = first;
    this.length = length;
    this.step = step;
    this.units = units;
    this.unitStep = unitStep;
  }

  get count(): number {
    return this.length * this.units;
  }

  at(index: number): number {
    return this.first + Math.floor(index / this.length) * this.unitStep + (index % this.length) * this.step;
  }

  get last(): number {
    return this.at(this.count - 1);
  }

  unit(index: number): FrameRun {
    return new FrameRun(this.first + index * this.unitStep, this.length, this.step);
  }

  reversed(): FrameRun {
    return new FrameRun(this.last, this.length, -this.step, this.units, -this.unitStep);
  }

  /** Both as one, if another goes on as this does. */
  joined(next: FrameRun): FrameRun | undefined {
    const step = next.first - this.last;
    const goesOn = ({ length, step: own, units }: FrameRun) => units === 1 && (length === 1 || own === step);
    if (goesOn(this) && goesOn(next)) return new FrameRun(this.first, this.count + next.count, step);
    const { length, units } = this;
    if (length !== next.length || this.step !== next.step) return undefined;
    const unitStep = next.first - this.at((units - 1) * length);
    const fits = (run: FrameRun) => run.units === 1 || run.unitStep === unitStep;
    if (Math.abs(unitStep) < this.#span(1) || !fits(this) || !fits(next)) return undefined;
    return new FrameRun(this.first, length, this.step, units + next.units, unitStep);
  }

  /** The frames of [from, to), which count from 0: parts of units at both ends, and whole ones between. */
  slice(from: number, to: number): FrameRun[] {
    const { length, step, unitStep } = this;
    const runs: FrameRun[] = [];
    for (let at = from; at < to; ) {
      const inUnit = at % length;
      const units = inUnit === 0 ? Math.floor((to - at) / length) : 0;
      const frames = units > 0 ? length : Math.min(length - inUnit, to - at);
      runs.push(new FrameRun(this.at(at), frames, step, Math.max(units, 1), unitStep));
      at += frames * Math.max(units, 1);
    }
    return runs;
  }

  /** The ranges [start, end) that frames have which are each the first of `pages`. */
  *spans(pages: number): Iterable<readonly [start: number, end: number]> {
    const { length, step, units, unitStep } = this;
    const low = this.#lowest();
    if (length > 1 && Math.abs(step) !== pages) {
      for (let i = 0; i < this.count; i++) yield [this.at(i), this.at(i) + pages];
    } else if (Math.abs(unitStep) === length * pages) {
      const start = low[0] + Math.min(unitStep, 0) * (units - 1);
      yield [start, start + this.count * pages];
    } else {
      for (let unit = 0; unit < units; unit++)
        yield [low[0] + unit * unitStep, low[0] + unit * unitStep + length * pages];
    }
  }

  /** Cuts it, in order, by whether frames that are each the first of `pages` overlap [pfn, end). */
  *cut(
    pfn: number,
    end: number,
    pages: number,
  ): Iterable<{ readonly run: FrameRun; readonly inside: boolean }> {
    const { length, units } = this;
    const single = units === 1;
    const [from, to] = single
      ? indices(this.first, this.step, length, pfn - pages, end)
      : indices(...this.#lowest(), units, pfn - this.#span(pages), end);
    for (const run of this.slice(0, from * (single ? 1 : length))) yield { run, inside: false };
    if (single) for (const run of this.slice(from, to)) yield { run, inside: true };
    else for (let unit = from; unit < to; unit++) yield* this.unit(unit).cut(pfn, end, pages);
    for (const run of this.slice(to * (single ? 1 : length), this.count)) yield { run, inside: false };
  }

  /** The lowest frame of the first unit, and of each next one. */
  #lowest(): [first: number, step: number] {
    return [this.first + Math.min(this.step, 0) * (this.length - 1), this.unitStep];
  }

  /** Pages from the lowest frame of a unit to its end. */
  #span(pages: number): number {
    return Math.abs(this.step) * (this.length - 1) + pages;
  }
}

/** Which of `count` numbers, `step` apart, are in (above, below): [from, to). */
function indices(first: number, step: number, count: number, above: number, below: number): [number, number] {
  if (step < 0) {
    const [from, to] = indices(first + step * (count - 1), -step, count, above, below);
    return [count - to, count - from];
  }
  if (step === 0) return first > above && first < below ? [0, count] : [0, 0];
  const clamp = (index: number) => Math.min(Math.max(index, 0), count);
  const from = clamp(Math.floor((above - first) / step) + 1);
  return [from, Math.max(from, clamp(Math.ceil((below - first) / step)))];
}
