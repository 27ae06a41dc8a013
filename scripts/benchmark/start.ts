import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Benchmark, Conditions } from './benchmark.ts';
import { type Figure, quantile } from './figures.ts';
import type { Workspace } from './workspace.ts';

const DAXSIM = fileURLToPath(new URL('../../bundle/daxsim/main.js', import.meta.url));

function figure(what: string, samples: readonly number[], goalMs?: number): Figure {
  const all = Float64Array.from(samples);
  return {
    what,
    value: quantile(all, 0.5),
    p99: quantile(all, 0.99),
    unit: 'ms',
    ...(goalMs === undefined ? {} : { goal: { atMost: goalMs } }),
  };
}

/** From process start to exit. */
function runs(args: readonly string[]): () => number {
  return () => {
    const start = performance.now();
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
    if (status !== 0) throw new Error(stderr.trim().split('\n')[0] || `status ${status}`);
    return performance.now() - start;
  };
}

/** From process start to the line that says that the mount is ready. */
function mounts(workspace: Workspace): (round: number) => Promise<number> {
  return async round => {
    const mountpoint = workspace.mountpoint(`start-${round}`);
    const server = await workspace.start(process.execPath, [DAXSIM, 'mount', mountpoint]);
    await server.stop();
    return server.readyMs;
  };
}

async function measure({ workspace, quick }: Conditions) {
  const rounds = quick ? 3 : 15;
  const notes: string[] = [];
  const samples = new Map<string, number[]>();
  const tasks = new Map<string, (round: number) => number | Promise<number>>([
    ['node -e 0, to exit', runs(['-e', '0'])],
    ['daxsim --version, to exit', runs([DAXSIM, '--version'])],
    ['daxsim mount, to ready', mounts(workspace)],
    ['daxsim run -- true, to exit', runs([DAXSIM, 'run', '--', 'true'])],
  ]);
  for (let round = 0; round < rounds; round++) {
    for (const [what, task] of tasks) {
      try {
        const ms = await task(round);
        samples.set(what, [...(samples.get(what) ?? []), ms]);
      } catch (error) {
        tasks.delete(what);
        notes.push(`without ${what}: ${(error as Error).message}`);
      }
    }
  }
  const goals = new Map([
    ['daxsim mount, to ready', 200],
    ['daxsim run -- true, to exit', 400],
  ]);
  const figures = [...samples].map(([what, ms]) => figure(what, ms, goals.get(what)));
  return { figures, notes };
}

export const start: Benchmark = { name: 'start', title: 'from the start of a process', run: measure };
