import { lstat, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startMount, type TransportName } from '../../mount/host.ts';
import type { LogLevels } from '../../mount/log-levels.ts';
import { temporaryDirectory } from '../../mount/temporary-directory.ts';
import { type LogMessage, MountError } from '../../mount/transport.ts';
import type { RackSlot } from '../machine/rack.ts';
import { describeMachine, type MachineInput } from './boot-machine.ts';
import { Failure } from './failure.ts';
import { DEFAULT_MACHINE } from './machine-source.ts';
import { rackSource } from './rack-source.ts';

/** The subtype and the beginning of the source that the mount table shows. */
export const MOUNT_NAME = 'daxsim';

export interface MountOptions {
  readonly machine?: MachineInput;
  /** Where; a temporary directory when left out. */
  readonly mountpoint?: string;
  /** `auto` takes the first that can mount here. */
  readonly transport?: TransportName | 'auto';
  /** Let the kernel keep contents that did not change. */
  readonly cache?: boolean;
  /** Told what the daemon would log. */
  readonly onLog?: (message: LogMessage) => void;
}

/** Served machines, for as long as this process lives or until they are unmounted. */
export interface Mounted {
  readonly mountpoint: string;
  readonly transport: TransportName;
  /** Resolves when the mount and a directory made for it are gone, whoever unmounted it. */
  readonly ended: Promise<void>;
  /** A path of the machine as a path of the host: `path('/sys/bus/dax')`. */
  path(path: string): string;
  unmount(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Serves a machine through FUSE from a thread of this process. Look at it from other processes or with asynchronous
 * calls: fuse-native answers in the main thread.
 * @throws {Failure} where it cannot be mounted, in one line
 */
export async function mountMachine(options: MountOptions = {}): Promise<Mounted> {
  const description = await describeMachine(options.machine ?? DEFAULT_MACHINE);
  const own = options.mountpoint === undefined ? await temporaryDirectory('daxsim-') : undefined;
  const removeOwn = async (): Promise<void> => {
    if (own) await rmdir(own).catch(() => {});
  };
  const mounted = await mountSlots({
    mountpoint: options.mountpoint ?? own!,
    slots: [{ description }],
    transport: options.transport ?? 'auto',
    cache: options.cache ?? false,
    onLog: options.onLog ?? (() => {}),
  }).catch(async error => {
    await removeOwn();
    throw error;
  });
  const ended = mounted.ended.finally(removeOwn);
  const unmount = async (): Promise<void> => {
    await mounted.unmount();
    await ended;
  };
  return {
    ...mounted,
    ended,
    path: path => join(mounted.mountpoint, path),
    unmount,
    [Symbol.asyncDispose]: unmount,
  };
}

export interface SlotsRequest {
  readonly mountpoint: string;
  readonly slots: readonly RackSlot[];
  readonly transport: TransportName | 'auto';
  readonly cache: boolean;
  readonly onLog: (message: LogMessage) => void;
  readonly logLevels?: LogLevels;
}

/** Mounts machines side by side; a mountpoint that is made for it goes with it. @throws {Failure} */
export async function mountSlots(
  request: SlotsRequest,
): Promise<Pick<Mounted, 'mountpoint' | 'transport' | 'ended' | 'unmount'>> {
  const mountpoint = resolve(request.mountpoint);
  const made = !(await isThere(mountpoint));
  let transport: TransportName = 'devfuse';
  const session = await startMount({
    ...request,
    mountpoint,
    fileSystem: rackSource(request.slots),
    name: MOUNT_NAME,
    onTransport(name, why) {
      transport = name;
      request.onLog({ level: 'debug', message: 'transport chosen', fields: { transport: name, why } });
    },
  }).catch(fail);
  const ended = session.ended.catch(fail).finally(async () => {
    // Somebody may have put files there since; then it stays.
    if (made) await rmdir(mountpoint).catch(() => {});
  });
  return {
    mountpoint,
    transport,
    ended,
    async unmount() {
      await session.unmount();
      await ended;
    },
  };
}

/** True also of the dead mount of a killed daemon, where stat(2) answers ENOTCONN. */
async function isThere(path: string): Promise<boolean> {
  const missing = await lstat(path).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
  return !missing;
}

/** What a person can mend is told in one line. */
export function fail(error: unknown): never {
  throw error instanceof MountError ? new Failure(error.message) : error;
}
