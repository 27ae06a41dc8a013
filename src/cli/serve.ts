import { lstat, rmdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { startMount, type TransportName } from '../../mount/host.ts';
import { MountError } from '../../mount/transport.ts';
import type { RackSlot } from '../machine/rack.ts';
import { Failure } from './failure.ts';
import { DaemonLog, type LogThreshold } from './log.ts';
import { rackSource, slotName } from './rack-source.ts';

/** The source that the mount table shows. */
const MOUNT_NAME = 'daxsim';
export const MOUNT_TYPE = `fuse.${MOUNT_NAME}`;

export interface ServeRequest {
  readonly mountpoint: string;
  readonly slots: readonly RackSlot[];
  readonly transport: TransportName | 'auto';
  readonly cache: boolean;
  readonly logLevel: LogThreshold;
}

export interface Served {
  /** `mounted MACHINE at DIR (TRANSPORT)` */
  readonly announcement: string;
  /** What was logged as a warning up to now. */
  readonly warnings: readonly string[];
  /** Resolves when the mount and a directory made for it are gone, and rejects when they had to go. */
  readonly ended: Promise<void>;
  unmount(): Promise<void>;
}

/** Mounts machines; a mountpoint that is made for it goes with it. */
export async function serve(request: ServeRequest): Promise<Served> {
  const log = new DaemonLog(request.logLevel);
  const mountpoint = resolve(request.mountpoint);
  const made = !(await isThere(mountpoint));
  const warnings: string[] = [];
  let transport = '';
  const session = await startMount({
    ...request,
    mountpoint,
    fileSystem: rackSource(request.slots),
    name: MOUNT_NAME,
    onLog(message) {
      if (message.level === 'warn' && log.heeds('warn')) warnings.push(message.message);
      log.write(message);
    },
    onTransport(name: string, why: string) {
      transport = name;
      log.write({ level: 'debug', message: 'transport chosen', fields: { transport: name, why } });
    },
  }).catch(fail);
  const machines = request.slots.map(slotName).join(', ');
  log.write({ level: 'info', message: 'mounted', fields: { machines, mountpoint, transport } });
  const ended = session.ended.catch(fail).finally(async () => {
    // Somebody may have put files there since; then it stays.
    if (made) await rmdir(mountpoint).catch(() => {});
    log.write({ level: 'info', message: 'unmounted', fields: { mountpoint } });
  });
  return {
    announcement: `mounted ${machines} at ${mountpoint} (${transport})`,
    warnings,
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
