import type { Section } from './figures.ts';
import type { Workspace } from './workspace.ts';

/** Everything that a benchmark may use. */
export interface Conditions {
  readonly workspace: Workspace;
  /** Fewer and shorter rounds: to see that it works, not how fast. */
  readonly quick: boolean;
}

export interface Benchmark {
  readonly name: string;
  readonly title: string;
  run(conditions: Conditions): Promise<Pick<Section, 'figures' | 'notes'>>;
}
