import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MountError } from '../transport.ts';
import { firstProcess, outerPid } from './command-signals.ts';
import { guestDirectory } from './guest-directory.ts';
import { isChrooted, mapSameIds } from './user-namespace.ts';

/** What would act on the real kernel: modules that udevd or libkmod find for a simulated device, and reboot(2). */
const FORBIDDEN = '-sys_module,-sys_boot';
const MOUNT_NAME_SPACE = ['unshare', '--mount', '--propagation', 'unchanged'];
const NAME_SPACES = ['unshare', '--mount', '--ipc', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** Directories for {@link launchGuest} to mount on, in one of its own. */
export const GUEST_PLACES = ['root', 'own'];

export interface GuestOptions {
  /** Has the empty directories of {@link GUEST_PLACES}. */
  readonly directory: string;
  readonly command: readonly string[];
  readonly stdio: StdioOptions & readonly ['inherit' | 'pipe', 'inherit' | 'ignore', 'inherit'];
  /** The FUSE device to mount, or where the machine is mounted already. */
  readonly machine: number | string;
  /** Further variables for the script `launch`. */
  readonly environment: NodeJS.ProcessEnv;
  /** In a user name space, which locks what covers the host. */
  readonly held: boolean;
  readonly privateNetwork: boolean;
  /** Everything but temporary files is read-only. */
  readonly sealed?: boolean;
  /** Apart from the keys of the terminal. */
  readonly detached?: boolean;
  /** The name spaces are complete; told the first process in them. */
  readonly onEntered?: (pid: number) => void;
  /** The command runs, if it has not ended already. */
  readonly onRunning?: (pid: number | undefined) => void;
}

export interface Guest {
  readonly child: ChildProcess;
  readonly mounted: Promise<void>;
  /** The exit status of the command, 128 + N when signal N ended it. */
  readonly exited: Promise<number>;
}

/**
 * Starts a command in name spaces of its own, with a machine in place of the real one.
 * @throws {MountError} by `mounted` and `exited`
 */
export async function launchGuest(options: GuestOptions): Promise<Guest> {
  const { directory, command, stdio, machine, environment, held, privateNetwork } = options;
  const mountedAlready = typeof machine === 'string';
  const env = {
    ...environment,
    DAXSIM_MACHINE: mountedAlready ? machine : '',
    DAXSIM_HELD: held ? FORBIDDEN : '',
    DAXSIM_NET: privateNetwork ? '--net' : '',
    DAXSIM_SEALED: options.sealed ? 'yes' : '',
  };
  const args = ['--pdeathsig', 'KILL', '--bounding-set', FORBIDDEN];
  if (await isChrooted())
    args.push(...MOUNT_NAME_SPACE, join(guestDirectory, 'leave-chroot'), join(directory, 'root'));
  args.push(...NAME_SPACES);
  if (!held) args.push('--uts', ...(privateNetwork ? ['--net'] : []));
  args.push('--', join(guestDirectory, 'launch'), directory, ...command);
  const child = spawn('setpriv', args, {
    env,
    stdio: [...stdio, mountedAlready ? 'ignore' : machine, 'pipe'],
    detached: options.detached ?? false,
  });
  const exited = new Promise<number>((resolve, reject) => {
    child.on('error', error =>
      reject(new MountError(`setpriv cannot be run (package util-linux): ${error.message}`)),
    );
    child.on('exit', (status, signal) => resolve(status ?? 128 + constants.signals[signal!]));
  });
  const channel = child.stdio[4] as Socket;
  channel.on('error', () => {}); // It ended before it heard.
  const mounted = new Promise<void>((resolve, reject) => {
    const heard: Readonly<Record<string, (pid: string) => void>> = {
      mounted() {
        if (!held) options.onEntered?.(child.pid!);
        resolve();
      },
      entered() {
        const pid = firstProcess(child.pid!);
        if (pid === undefined) return;
        options.onEntered?.(pid);
        mapSameIds(pid);
        channel.end('go\n');
      },
      running: pid => options.onRunning?.(outerPid(child.pid!, Number(pid))),
    };
    createInterface({ input: channel }).on('line', line => {
      const [word, pid] = line.split(' ');
      heard[word!]?.(pid!);
    });
    exited.then(() => reject(new MountError('the name spaces for the machine cannot be made')), reject);
  });
  return { child, mounted, exited };
}
