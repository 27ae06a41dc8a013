import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, open, rmdir } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { deviceUnavailable, FUSE_DEVICE } from '../devfuse/device.ts';
import { serveDevice } from '../devfuse/transport.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { type FileSystemSource, type LogMessage, MountError } from '../transport.ts';
import { firstProcess, outerPid, SignalForwarder } from './command-signals.ts';
import { guestDirectory } from './guest-directory.ts';

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

const NAME_SPACES = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

/**
 * Runs a command with a simulated machine in place of the real one. All that is mounted or started for it lives in name
 * spaces of its own, and ends with the command or with this process, whichever ends first and however.
 * @returns the exit status of the command, 128 + N when signal N ended it.
 * @throws {MountError} when the name spaces or the mount cannot be made.
 */
export async function runInSandbox(options: SandboxOptions): Promise<number> {
  const refusal = deviceUnavailable() ?? rootUnfit();
  if (refusal !== undefined) throw new MountError(refusal);
  const directory = await temporaryDirectory('daxsim-run-', /\s/.test(tmpdir()) ? '/tmp' : tmpdir());
  const listenerPid = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const places = ['root', 'run'].map(name => join(directory, name));
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
        const device = await open(FUSE_DEVICE, 'r+');
        launched = launch(directory, device.fd, options, pid => Atomics.store(listenerPid, 0, pid));
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

/** A mount name space is made private from its root on, which a chroot on a plain directory does not have. */
function rootUnfit(): string | undefined {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  if (mounts.some(line => line.split(' ')[4] === '/')) return undefined;
  return 'the root of this chroot is no mount point: before chroot(8), put its directory on itself with "mount --bind DIR DIR"';
}

interface Launched {
  readonly child: ChildProcess;
  readonly mounted: Promise<void>;
  readonly exited: Promise<number>;
}

/** @param onListening told the first process inside once it is in the name spaces of the command */
function launch(
  directory: string,
  deviceFd: number,
  { command, udev, verbose }: SandboxOptions,
  onListening: (pid: number) => void,
): Launched {
  const flag = (on: boolean | undefined): string => (on ? 'yes' : '');
  const env = {
    ...process.env,
    DAXSIM_UDEV: flag(udev !== undefined),
    DAXSIM_RULES: udev?.rules.join('\n') ?? '',
    DAXSIM_DISTRO_RULES: flag(udev?.distroRules),
    DAXSIM_COLDPLUG: flag(udev?.coldplug),
    DAXSIM_VERBOSE: flag(verbose),
  };
  const args = ['--pdeathsig', 'KILL', ...NAME_SPACES];
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
  const mounted = new Promise<void>((resolve, reject) => {
    const channel = child.stdio[4] as Duplex;
    const lines = createInterface({ input: channel });
    lines.on('line', line => {
      if (line === 'mounted') resolve();
      else if (line === 'listening') {
        onListening(firstProcess(child.pid!)!);
        channel.write('\n');
      } else signals.to(outerPid(child.pid!, Number(line.split(' ')[1])));
    });
    exited.then(() => reject(new MountError('the name spaces for the machine cannot be made')), reject);
  });
  return { child, mounted, exited };
}
