import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, rmdir } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { deviceUnavailable, FUSE_DEVICE } from '../devfuse/device.ts';
import { serveDevice } from '../devfuse/transport.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { type FileSystemSource, type LogMessage, MountError } from '../transport.ts';
import { firstProcess, outerPid, SignalForwarder } from './command-signals.ts';
import { guestDirectory } from './guest-directory.ts';
import { hasUserNamespaces, isChrooted, mapSameIds } from './user-namespace.ts';

export interface UdevOptions {
  /** Rules files to add to those of the distribution. */
  readonly rules: readonly string[];
  readonly distroRules: boolean;
  /** Trigger an `add` of every device and wait until udevd is done with them. */
  readonly coldplug: boolean;
}

export interface SandboxOptions {
  /** Builds the machine; the shared number will be the pid of a process that is to hear its uevents, 0 until then. */
  readonly machine: (listenerPid: Int32Array) => FileSystemSource;
  readonly command: readonly string[];
  readonly udev: UdevOptions | undefined;
  readonly verbose: boolean;
  readonly onLog: (message: LogMessage) => void;
}

/** What would act on the real kernel: modules that udevd or libkmod find for a simulated device, and reboot(2). */
const FORBIDDEN = '-sys_module,-sys_boot';
const NAME_SPACES = [
  'unshare',
  '--mount',
  '--ipc',
  '--uts',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
];
const MOUNT_NAME_SPACE = ['unshare', '--mount', '--propagation', 'unchanged'];

const NOT_HELD =
  'user name spaces are forbidden here (sysctl user.max_user_namespaces=10000 allows them): what the command does as root it can do to the host too';

/**
 * Runs a command with a simulated machine in place of the real one. All that is mounted or started for it lives in name
 * spaces of its own, and ends with the command or with this process, whichever ends first and however.
 * @returns the exit status of the command, 128 + N when signal N ended it.
 * @throws {MountError} when the name spaces or the mount cannot be made.
 */
export async function runInSandbox(options: SandboxOptions): Promise<number> {
  const refusal = deviceUnavailable();
  if (refusal !== undefined) throw new MountError(refusal);
  const directory = await temporaryDirectory('daxsim-run-', /\s/.test(tmpdir()) ? '/tmp' : tmpdir());
  const listenerPid = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const places = ['root', 'own'].map(name => join(directory, name));
  let launched: Launched | undefined;
  try {
    await Promise.all(places.map(place => mkdir(place)));
    const session = await serveDevice(
      {
        mountpoint: places[0]!,
        fileSystem: options.machine(listenerPid),
        cache: false,
        name: 'daxsim',
        onLog: options.onLog,
      },
      async () => {
        const [device, chrooted] = await Promise.all([open(FUSE_DEVICE, 'r+'), isChrooted()]);
        launched = launch(directory, device.fd, listenerPid, options, chrooted);
        await launched.mounted;
        return device;
      },
    );
    const { exited } = launched!;
    // When the serving thread fails, the command waits for answers that will not come: it ends with us.
    const status = await Promise.race([exited, session.ended.then(() => exited)]);
    await session.ended;
    return status;
  } finally {
    launched?.child.kill('SIGKILL');
    // Gone already, unless the guest did not come that far. Never recursively: they are places to mount on.
    for (const place of [...places, directory]) await rmdir(place).catch(() => {});
  }
}

interface Launched {
  readonly child: ChildProcess;
  readonly mounted: Promise<void>;
  readonly exited: Promise<number>;
}

function launch(
  directory: string,
  deviceFd: number,
  listenerPid: Int32Array,
  { command, udev, verbose, onLog }: SandboxOptions,
  chrooted: boolean,
): Launched {
  const flag = (on: boolean | undefined): string => (on ? 'yes' : '');
  const held = hasUserNamespaces();
  if (!held) onLog({ level: 'warn', message: NOT_HELD });
  const env = {
    ...process.env,
    DAXSIM_HELD: held ? FORBIDDEN : '',
    DAXSIM_UDEV: flag(udev !== undefined),
    DAXSIM_RULES: udev?.rules.join('\n') ?? '',
    DAXSIM_DISTRO_RULES: flag(udev?.distroRules),
    DAXSIM_COLDPLUG: flag(udev?.coldplug),
    DAXSIM_VERBOSE: flag(verbose),
  };
  const args = ['--pdeathsig', 'KILL', '--bounding-set', FORBIDDEN];
  if (chrooted) args.push(...MOUNT_NAME_SPACE, join(guestDirectory, 'leave-chroot'), join(directory, 'root'));
  args.push(...NAME_SPACES);
  if (!held) args.push('--uts', ...(udev ? ['--net'] : []));
  args.push('--', join(guestDirectory, 'launch'), directory, ...command);
  const child = spawn('setpriv', args, { env, stdio: ['inherit', 'inherit', 'inherit', deviceFd, 'pipe'] });

  const signals = new SignalForwarder();
  signals.start();
  const exited = new Promise<number>((resolve, reject) => {
    child.on('error', error =>
      reject(new MountError(`setpriv cannot be run (package util-linux): ${error.message}`)),
    );
    child.on('exit', (status, signal) => resolve(status ?? 128 + constants.signals[signal!]));
  }).finally(() => signals.stop());
  const listen = (pid: number): void => {
    if (udev) Atomics.store(listenerPid, 0, pid);
  };
  const channel = child.stdio[4] as Socket;
  channel.on('error', () => {}); // It ended before it heard.
  const mounted = new Promise<void>((resolve, reject) => {
    const heard: Readonly<Record<string, (pid: string) => void>> = {
      mounted() {
        if (!held) listen(child.pid!);
        resolve();
      },
      entered() {
        const pid = firstProcess(child.pid!);
        if (pid === undefined) return;
        listen(pid);
        try {
          mapSameIds(pid);
          channel.end('go\n');
        } catch (error) {
          onLog({
            level: 'warn',
            message: `no ids can be given to a user name space: ${(error as Error).message}`,
          });
          channel.end();
        }
      },
      running: pid => signals.to(outerPid(child.pid!, Number(pid))),
    };
    const lines = createInterface({ input: channel });
    lines.on('line', line => {
      const [word, pid] = line.split(' ');
      heard[word!]?.(pid!);
    });
    exited.then(() => reject(new MountError('the name spaces for the machine cannot be made')), reject);
  });
  return { child, mounted, exited };
}
