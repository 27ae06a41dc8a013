import type { FileSystem } from '../kernel/fs/file-system.ts';
import { EngineCalls } from './calls/engine-calls.ts';
import { Shell } from './shell/shell.ts';

/** Programs that only look: left out at boot, when nobody reads what they print. */
const LOOKING = /^\s*(daxctl|ndctl)\s+list\b/;

/** Runs a command line of a machine's `before` list on the engine itself; answers what kept it from its work. */
export function bootShell(fileSystem: FileSystem, command: string): string | undefined {
  const calls = new EngineCalls(fileSystem, { uid: 0, gid: 0, pid: 1, comm: 'sh' });
  const acting = command
    .split(';')
    .filter(part => !LOOKING.test(part))
    .join(';');
  const outcome = new Shell(calls).run(acting);
  if ('missing' in outcome) return `boot has no ${outcome.missing}`;
  const complaint = outcome.stderr.trim();
  return outcome.exit !== 0 && complaint !== '' ? complaint.replaceAll('\n', ', ') : undefined;
}
