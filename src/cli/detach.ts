import { fork } from 'node:child_process';
import { fstatSync } from 'node:fs';
import { Failure } from '../api/failure.ts';
import type { MountValues } from './mount.ts';

/** What the background process tells the one that started it. */
export type DaemonMessage =
  | { readonly ready: string; readonly warnings: readonly string[] }
  | { readonly failure: string };

const STDERR = 2;

/** Serves in a session of its own; resolves when the mount answers. */
export async function detach(values: MountValues): Promise<number> {
  // A pipe or a terminal held open by a daemon would keep its reader waiting; a log file is welcome.
  const stderr = fstatSync(STDERR).isFile() ? 'inherit' : 'ignore';
  const daemon = fork(new URL('./daemon.js', import.meta.url), [JSON.stringify(values)], {
    detached: true,
    stdio: ['ignore', 'ignore', stderr, 'ipc'],
  });
  const message = await new Promise<DaemonMessage>(resolve => {
    daemon.once('message', resolve as (message: unknown) => void);
    daemon.once('error', error => resolve({ failure: error.message }));
    daemon.once('exit', status => resolve({ failure: `the daemon ended with status ${status}` }));
  });
  if ('failure' in message) throw new Failure(message.failure);
  // A log file has them already.
  if (stderr === 'ignore')
    for (const warning of message.warnings) process.stderr.write(`daxsim: ${warning}\n`);
  process.stdout.write(`${message.ready}, pid ${daemon.pid}\n`);
  daemon.disconnect();
  daemon.unref();
  return 0;
}
