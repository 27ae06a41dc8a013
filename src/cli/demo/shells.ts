import { execFile } from 'node:child_process';
import { rmdir } from 'node:fs/promises';
import { hostClock } from '../../../mount/file-system-host.ts';
import type { TransportName } from '../../../mount/host.ts';
import { temporaryDirectory } from '../../../mount/temporary-directory.ts';
import { machineSlots } from '../../api/machine-source.ts';
import { fail } from '../../api/mount-machine.ts';
import { throwBug } from '../../kernel/fs/guarded-file.ts';
import { createRack } from '../../machine/rack.ts';
import { EngineCalls } from '../../user/calls/engine-calls.ts';
import { Shell } from '../../user/shell/shell.ts';
import { serve } from '../serve.ts';

/** Somewhere to run commands in the root of a machine's files. */
export interface DemoShell {
  /** How it was made, for a person. */
  readonly place: string;
  /** What a terminal would have shown. */
  run(command: string): Promise<string>;
  close(): Promise<void>;
}

const COMMAND_TIMEOUT_MS = 10_000;

/** bash, which tells errors by name, on a real mount in a temporary directory. */
export async function mountedShell(
  machine: string,
  kernel?: string,
  transport: TransportName | 'auto' = 'auto',
): Promise<DemoShell> {
  const directory = await temporaryDirectory('daxsim-demo-').catch(fail);
  const served = await serve({
    mountpoint: directory,
    slots: await machineSlots([machine], kernel),
    transport,
    cache: false,
    logLevel: 'warn',
  }).catch(async error => {
    await rmdir(directory);
    throw error;
  });
  return {
    place: served.announcement,
    run: command =>
      new Promise(resolve => {
        // Not as its `cwd`: we would wait for the child to enter the mount, and fuse-native serves it in this thread.
        const script = `cd "$1" && exec 2>&1; ${command}`;
        const options = { timeout: COMMAND_TIMEOUT_MS, killSignal: 'SIGKILL' as const };
        execFile('bash', ['-c', script, 'bash', directory], options, (_error, stdout) => resolve(stdout));
      }),
    async close() {
      await served.unmount();
      await rmdir(directory);
    },
  };
}

/** The engine's own small shell; there is no mount. */
export async function engineShell(machine: string, kernel?: string): Promise<DemoShell> {
  const rack = createRack(await machineSlots([machine], kernel), {
    clock: hostClock,
    onBug: throwBug,
  });
  const calls = new EngineCalls(rack.fileSystem, { uid: 0, gid: 0, pid: process.pid, comm: 'sh' });
  const shell = new Shell(calls);
  return {
    place: `machine ${machine}, without a mount`,
    async run(command) {
      const outcome = shell.run(command);
      if ('missing' in outcome) return `sh: ${outcome.missing}: not in the engine's shell\n`;
      return outcome.exit === 0 ? outcome.stdout : `${outcome.stdout}sh: exit status ${outcome.exit}\n`;
    },
    async close() {},
  };
}
