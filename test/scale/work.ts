import { type Profiler, Session } from 'node:inspector';

/** Code of the simulated kernel. */
const KERNEL = /\/src\/(?!cli\/)/;

/** Counting starts before the kernel runs, since functions compiled earlier have no counters in them. */
const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

/**
 * How often the functions, branches and loops of the simulated kernel run while `run` runs: work that does not depend
 * on the machine's mood.
 */
export function workOf(run: () => void): number {
  takeCoverage();
  run();
  const counts = takeCoverage()
    .filter(({ url }) => KERNEL.test(url))
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges.map(({ count }) => count)));
  const sum = counts.reduce((total, count) => total + count, 0);
  if (sum === 0) throw new Error('nothing of the kernel ran');
  return sum;
}

/** What ran since it was asked last. */
function takeCoverage(): Profiler.ScriptCoverage[] {
  let taken: Profiler.ScriptCoverage[] = [];
  session.post('Profiler.takePreciseCoverage', (error, answer) => {
    if (error) throw error;
    taken = answer.result;
  });
  return taken;
}
