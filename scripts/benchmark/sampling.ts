import { execFileSync } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { type Figure, type Goal, median, quantile } from './figures.ts';
import type { Program } from './programs.ts';

/** Nanoseconds that each repetition took, per round. */
export type Rounds = Float64Array[];

/** One of those who are measured side by side: what the client is told, its repetitions left out. */
export interface Task {
  readonly name: string;
  readonly action: 'read' | 'write' | 'echo';
  readonly path: string;
  /** What is written, by turns. */
  readonly texts?: readonly [string, string];
  /** So much slower than the others that it is repeated less often. */
  readonly slow?: boolean;
}

export interface Sampled {
  readonly name: string;
  readonly rounds: Rounds;
}

/** How often before the first round: a server that runs for longer than a moment is what matters, whose compilers are done. */
const WARM_UP = 8000;

/** Each task in turn, round after round, so that all meet the same mood of the machine. */
export async function sideBySide(
  client: Program,
  tasks: readonly Task[],
  quick: boolean,
): Promise<Sampled[]> {
  const rounds = quick ? 3 : 7;
  const times = quick ? 500 : 4000;
  const count = ({ slow }: Task, often = times): number => (slow ? often / 10 : often);
  const sampled = tasks.map(task => ({ name: task.name, rounds: [] as Rounds }));
  for (const task of tasks) repeat(client, task, count(task, WARM_UP));
  for (let round = 0; round < rounds; round++) {
    for (const [i, task] of tasks.entries()) {
      sampled[i]!.rounds.push(repeat(client, task, count(task)));
      await letSignalsIn();
    }
  }
  return sampled;
}

/** Clients are waited for synchronously: between them, a signal can end the run. */
export const letSignalsIn = (): Promise<void> => setImmediate();

function repeat([program, ...args]: Program, task: Task, count: number): Float64Array {
  const output = runClient(program, [...args, task.action, String(count), task.path, ...(task.texts ?? [])]);
  return Float64Array.from(new Uint32Array(output.buffer, output.byteOffset, output.length / 4));
}

export function runClient(program: string, args: readonly string[]): Buffer {
  const output = execFileSync(program, args, { maxBuffer: 1 << 26, timeout: 120_000 });
  return Buffer.from(new Uint8Array(output).buffer);
}

/** The time of one repetition. */
export function time({ name, rounds }: Sampled): Figure {
  const all = Float64Array.from(rounds.flatMap(round => [...round]));
  return {
    what: name,
    value: quantile(all, 0.5) / 1000,
    p99: quantile(all, 0.99) / 1000,
    unit: 'us',
  };
}

/** How much longer one takes than another: the median of the rounds' own ratios. Undefined without both. */
export function ratio(one: Sampled | undefined, other: Sampled | undefined, goal?: Goal): Figure[] {
  if (!one || !other) return [];
  const ratioAt = (share: number): number =>
    median(one.rounds.map((round, i) => quantile(round, share) / quantile(other.rounds[i]!, share)));
  return [
    {
      what: `${one.name} / ${other.name}`,
      value: ratioAt(0.5),
      p99: ratioAt(0.99),
      unit: 'x',
      ...(goal ? { goal } : {}),
    },
  ];
}
