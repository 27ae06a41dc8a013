import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector';

/** Code of the simulated kernel. */
const KERNEL = /\/src\/(?!cli\/)/;

/**
 * How often the functions, branches and loops of the simulated kernel run while `run` runs: work that does not depend
 * on the machine's mood.
 */
export function workOf(run: () => void): number {
  const session = new Session();
  session.connect();
  try {
    session.post('Profiler.enable');
    session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    run();
    return total(takeCoverage(session));
  } finally {
    session.post('Profiler.stopPreciseCoverage');
    session.disconnect();
  }
}

function takeCoverage(session: Session): Profiler.ScriptCoverage[] {
  let taken: Profiler.ScriptCoverage[] = [];
  session.post('Profiler.takePreciseCoverage', (error, answer) => {
    if (error) throw error;
    taken = answer.result;
  });
  return taken;
}

function total(scripts: readonly Profiler.ScriptCoverage[]): number {
  const counts = scripts
    .filter(({ url }) => KERNEL.test(url))
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges.map(({ count }) => count)));
  const sum = counts.reduce((sum, count) => sum + count, 0);
  if (sum === 0) throw new Error('nothing of the kernel ran');
  return sum;
}
