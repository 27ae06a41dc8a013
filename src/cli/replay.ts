import { availableParallelism } from 'node:os';
import { pMapIterable } from 'p-map';
import { machineOf } from '../api/machine-source.ts';
import { bootScenario, type Through } from '../replay/boot.ts';
import { Progress } from '../replay/progress.ts';
import { replay, type ScenarioReport } from '../replay/replay.ts';
import { formatMismatch, jsonReport, summaryLine, totalLine } from '../replay/report.ts';
import { readScenario, type Scenario, scenarioDirectories } from '../replay/scenario.ts';

export interface ReplayArguments {
  readonly directories: readonly string[];
  /** A preset's name or a machine file, to boot in place of each recording's own machine. */
  readonly machine?: string | undefined;
  readonly through: Through;
  /** Page contents are cached, as by `daxsim mount --cache`; through devfuse only. */
  readonly cache: boolean;
  readonly json: boolean;
  /** Mismatches shown of each scenario, a number of at least 0; 5 by default. */
  readonly limit?: string | undefined;
  /** Recordings replayed at the same time, a number of at least 1; as many as there are CPUs by default. */
  readonly jobs?: string | undefined;
}

const SHOWN_MISMATCHES = 5;
const INTERRUPTED = 130;

/** `daxsim replay`: 0 when every step matches, 1 on any mismatch, 2 when a directory holds no recording or an option is wrong, 130 after ^C. */
export async function run(options: ReplayArguments): Promise<number> {
  if (options.cache && options.through !== 'devfuse') {
    process.stderr.write('daxsim replay: --cache needs a mount that can: add --through devfuse\n');
    return 2;
  }
  if (options.through !== 'engine' && process.getuid!() !== 0) {
    process.stderr.write(
      `daxsim replay: --through ${options.through} acts as the users of a recording: run as root\n`,
    );
    return 2;
  }
  const limit = count('--limit', options.limit, SHOWN_MISMATCHES, 0);
  const jobs = count('--jobs', options.jobs, availableParallelism(), 1);
  if (limit === undefined || jobs === undefined) return 2;
  const interruption = new AbortController();
  const { signal } = interruption;
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => interruption.abort());
  const reports: ScenarioReport[] = [];
  try {
    const machine = options.machine === undefined ? undefined : await machineOf(options.machine);
    const directories = options.directories.flatMap(scenarioDirectories);
    if (directories.length === 0)
      throw new Error(`${options.directories.join(' ')}: no recording, which is a directory`);
    const scenarios = directories.map(readScenario);
    const progress = new Progress(scenarios, process.stderr.isTTY && !options.json);
    const replayOne = async (scenario: Scenario) => {
      const boot = () => bootScenario(scenario, options.through, machine, options.cache);
      const replayed = replay(scenario, boot, { onStep: () => progress.step(), signal });
      const report = await replayed.catch(error => {
        if (!signal.aborted) throw error;
      });
      return { scenario, report };
    };
    const backpressure = Math.max(jobs, scenarios.length);
    const replayed = pMapIterable(scenarios, replayOne, { concurrency: jobs, backpressure });
    for await (const { scenario, report } of replayed) {
      if (report === undefined) continue;
      reports.push(report);
      progress.clear();
      if (!options.json) print(scenario, report, limit);
    }
  } catch (error) {
    process.stderr.write(`daxsim replay: ${(error as Error).message}\n`);
    return 2;
  }
  if (signal.aborted) return INTERRUPTED;
  if (options.json) process.stdout.write(`${jsonReport(reports)}\n`);
  else if (reports.length > 1) process.stdout.write(`${totalLine(reports)}\n`);
  return reports.every(({ matched, total }) => matched === total) ? 0 : 1;
}

/** The number that an option gives, or undefined, when that was said to be none. */
function count(option: string, text: string | undefined, preset: number, least: number): number | undefined {
  const value = Number(text ?? preset);
  if (Number.isInteger(value) && value >= least) return value;
  process.stderr.write(`daxsim replay: ${option} ${text}: not a count of at least ${least}\n`);
  return undefined;
}

function print(scenario: Scenario, report: ScenarioReport, limit: number): void {
  process.stdout.write(`${summaryLine(report)}\n`);
  for (const mismatch of report.mismatches.slice(0, limit)) {
    process.stdout.write(formatMismatch(scenario, mismatch));
  }
  const more = report.mismatches.length - limit;
  if (more > 0) process.stdout.write(`  … ${more} more mismatches\n`);
}
