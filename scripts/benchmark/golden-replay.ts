import { bootEngine } from '../../src/replay/engine/engine-system.ts';
import { replay } from '../../src/replay/replay.ts';
import { readScenario, scenarioDirectories } from '../../src/replay/scenario.ts';
import { scenarioMachine } from '../../src/replay/scenario-machine.ts';

/** What a golden replay took. */
export interface GoldenReplay {
  readonly recordings: number;
  readonly steps: number;
  /** Of all threads, user and system, from reading the first recording on. */
  readonly cpuMs: number;
  readonly wallMs: number;
}

/**
 * A process of its own, which replays the recordings of a directory on the engine and prints a {@link GoldenReplay}. Commands
 * whose programs the engine's own shell has not are left out: their time would not be ours.
 */
if (process.argv[1] === import.meta.filename) {
  const start = performance.now();
  const before = process.cpuUsage();
  const directories = scenarioDirectories(process.argv[2]!);
  let steps = 0;
  for (const directory of directories) {
    const scenario = readScenario(directory);
    steps += (await replay(scenario, () => bootEngine(scenarioMachine(scenario)))).total;
  }
  const { user, system } = process.cpuUsage(before);
  const outcome: GoldenReplay = {
    recordings: directories.length,
    steps,
    cpuMs: (user + system) / 1000,
    wallMs: performance.now() - start,
  };
  process.stdout.write(JSON.stringify(outcome));
}
