import { Comparison, type Mismatch } from './compare/compare.ts';
import type { Dump } from './compare/dump.ts';
import type { Scenario } from './scenario.ts';
import type { Observation, Step } from './step.ts';
import type { System } from './system.ts';

export interface ScenarioReport {
  readonly name: string;
  readonly kernel: string;
  matched: number;
  /** Compared steps, the dumps before and after among them. */
  total: number;
  /** `sh` steps whose program is not available. */
  skipped: number;
  readonly mismatches: Mismatch[];
  /** Steps that were done another way than asked for, by reason. */
  detours: ReadonlyMap<string, number>;
  /** Steps judged without what a program of another version than the recorded prints, by that program. */
  readonly otherVersions: Map<string, number>;
}

export interface ReplayOptions {
  /** A step begins. */
  readonly onStep?: () => void;
  /** Ends the replay before its next step. */
  readonly signal?: AbortSignal;
}

/** Operations that can change the tree when they succeed. */
const CHANGING = new Set([
  'sh',
  'write',
  'write2',
  'pwrite',
  'fdwrite',
  'fdopen',
  'fdclose',
  'chmod',
  'chown',
  'truncate',
  'ftruncate',
  'rename',
  'unlink',
]);

/**
 * Does every step of a recording on a machine that has just booted, and compares. When the machine cannot be booted or
 * stops answering, the steps from there on count as mismatches.
 * @throws the reason of `options.signal`, when it ended the replay
 */
export async function replay(
  scenario: Scenario,
  boot: () => Promise<System>,
  options: ReplayOptions = {},
): Promise<ScenarioReport> {
  const report: ScenarioReport = {
    name: scenario.name,
    kernel: scenario.kernel,
    matched: 0,
    total: 0,
    skipped: 0,
    mismatches: [],
    detours: new Map(),
    otherVersions: new Map(),
  };
  let system: System | undefined;
  const position = { seq: 0 };
  try {
    options.signal?.throwIfAborted();
    system = await boot();
    report.detours = system.detours;
    await replayOn(system, scenario, report, position, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    const actual = error instanceof Error ? error.message : String(error);
    report.mismatches.push({ seq: position.seq, field: 'error', expected: 'an answer', actual });
    const left = scenario.steps.filter(({ seq, op }) => seq >= position.seq && op !== 'note').length;
    report.total += Math.max(1, left);
  } finally {
    await system?.stop();
  }
  return report;
}

async function replayOn(
  system: System,
  scenario: Scenario,
  report: ScenarioReport,
  position: { seq: number },
  options: ReplayOptions,
): Promise<void> {
  const count = (seq: number, differences: readonly Omit<Mismatch, 'seq'>[]) => {
    report.total++;
    if (differences.length === 0) report.matched++;
    for (const difference of differences) report.mismatches.push({ seq, ...difference });
  };

  const dump = async (): Promise<Dump> => {
    const tree = await system.dump();
    const missed = (path: string) =>
      scenario.notDumped.some(top => path === top || path.startsWith(`${top}/`));
    return scenario.notDumped.length === 0 ? tree : new Map([...tree].filter(([path]) => !missed(path)));
  };
  const tree = await dump();
  const recordedBefore: Dump = scenario.dumps.get('before') ?? new Map();
  const comparison = new Comparison(scenario.kernel, recordedBefore, tree, system.sizedByContent);
  await system.journal();
  await system.changes();
  if (recordedBefore.size > 0) count(0, comparison.dump('before', recordedBefore, tree));

  const descriptors = new Set<string>();
  for (const step of scenario.steps) {
    options.signal?.throwIfAborted();
    options.onStep?.();
    position.seq = step.seq;
    if (step.op === 'note') continue;
    if (step.op === 'dump') {
      const recorded = scenario.dumps.get(dumpName(step));
      if (recorded) count(step.seq, comparison.dump(dumpName(step), recorded, await dump()));
      continue;
    }
    if (usesFailedDescriptor(step, descriptors)) continue;
    const differences: Omit<Mismatch, 'seq'>[] = [];
    let succeeded: boolean;
    if (step.op === 'sh') {
      const answer = await system.shell(step.cmd!, step.uid);
      if ('missing' in answer) {
        report.skipped++;
        comparison.skip(step);
        continue;
      }
      differences.push(...comparison.shell(step, answer));
      for (const { program } of answer.others ?? [])
        report.otherVersions.set(program, (report.otherVersions.get(program) ?? 0) + 1);
      succeeded = true;
    } else {
      const observation = await system.perform(step);
      differences.push(...comparison.operation(step, observation));
      succeeded = didSomething(observation);
    }
    const journal = await system.journal();
    differences.push(...comparison.journal(step, journal));
    const eventful = journal.uevents.length + journal.dmesg.length > 0;
    if ((step.changes?.length ?? 0) > 0 || eventful || (succeeded && CHANGING.has(step.op))) {
      differences.push(...comparison.changes(step, await system.changes()));
    }
    count(step.seq, differences);
  }
  const recordedAfter = scenario.dumps.get('after');
  position.seq++;
  if (recordedAfter) count(position.seq, comparison.dump('after', recordedAfter, await dump()));
}

/** Every call of the step counts: of two writes, the first may have been the one that succeeded. */
function didSomething(observation: Observation): boolean {
  return observation.result === 'OK' || (observation.first as Observation | undefined)?.result === 'OK';
}

/** Recorded steps on a descriptor that had not been opened say nothing. */
function usesFailedDescriptor(step: Step, open: Set<string>): boolean {
  if (step.fd === undefined) return false;
  if (step.op === 'fdopen') {
    if (step.result === 'OK') open.add(step.fd);
    else open.delete(step.fd);
    return false;
  }
  return !open.has(step.fd);
}

function dumpName(step: Step): string {
  return String(step.name ?? step.path ?? step.text ?? '').replace(/^.*dump\.(\w+)\.txt$/, '$1');
}
