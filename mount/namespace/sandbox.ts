import { mkdir, open, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deviceUnavailable, FUSE_DEVICE } from '../devfuse/device.ts';
import { serveDevice } from '../devfuse/transport.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { type FileSystemSource, type LogMessage, MountError } from '../transport.ts';
import { SignalForwarder } from './command-signals.ts';
import { GUEST_PLACES, type Guest, launchGuest } from './guest-process.ts';
import { hasUserNamespaces } from './user-namespace.ts';

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
  const places = GUEST_PLACES.map(name => join(directory, name));
  let launched: Guest | undefined;
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
        launched = await launch(directory, device.fd, listenerPid, options);
        await launched.mounted;
        return device;
      },
      () => launched?.child.pid,
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

async function launch(
  directory: string,
  device: number,
  listenerPid: Int32Array,
  { command, udev, verbose, onLog }: SandboxOptions,
): Promise<Guest> {
  const flag = (on: boolean | undefined): string => (on ? 'yes' : '');
  const held = hasUserNamespaces();
  if (!held) onLog({ level: 'warn', message: NOT_HELD });
  const signals = new SignalForwarder();
  signals.start();
  const guest = await launchGuest({
    directory,
    command,
    stdio: ['inherit', 'inherit', 'inherit'],
    machine: device,
    held,
    privateNetwork: udev !== undefined,
    environment: {
      ...process.env,
      DAXSIM_UDEV: flag(udev !== undefined),
      DAXSIM_RULES: udev?.rules.join('\n') ?? '',
      DAXSIM_DISTRO_RULES: flag(udev?.distroRules),
      DAXSIM_COLDPLUG: flag(udev?.coldplug),
      DAXSIM_VERBOSE: flag(verbose),
    },
    onEntered(pid) {
      if (udev) Atomics.store(listenerPid, 0, pid);
    },
    onRunning: pid => signals.to(pid),
  });
  return { ...guest, exited: guest.exited.finally(() => signals.stop()) };
}
