export type Unit = 'x' | 'us' | 'ms' | 'MB' | 'kB' | '/s' | '';

/** What a figure must not exceed, or must reach. */
export type Goal = { readonly atMost: number } | { readonly atLeast: number };

/** One measured number. */
export interface Figure {
  readonly what: string;
  /** The median, where there are many samples. */
  readonly value: number;
  readonly unit: Unit;
  readonly p99?: number;
  readonly goal?: Goal;
}

/** The outcome of one benchmark. */
export interface Section {
  readonly name: string;
  readonly title: string;
  /** Ratios first. */
  readonly figures: readonly Figure[];
  /** What was not measured, and why. */
  readonly notes: readonly string[];
}

export function meets({ value, goal }: Figure): boolean | undefined {
  if (!goal) return undefined;
  return 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast;
}

/** The value below which a share of the samples lies; sorts them in place. */
export function quantile(samples: Float64Array, share: number): number {
  if (samples.length === 0) return Number.NaN;
  samples.sort();
  return samples[Math.min(samples.length - 1, Math.floor(samples.length * share))]!;
}

export function median(samples: readonly number[]): number {
  return quantile(Float64Array.from(samples), 0.5);
}
