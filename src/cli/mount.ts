import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { LogThreshold } from '../../mount/log-levels.ts';
import { isMountOf, mountAt, unmountPath } from '../../mount/mountpoint.ts';
import { Failure } from '../api/failure.ts';
import { machineSlots } from '../api/machine-source.ts';
import { MOUNT_NAME } from '../api/mount-machine.ts';
import { LossyOutput } from './lossy-output.ts';
import { type Served, serve } from './serve.ts';

export interface MountValues {
  readonly mountpoint: string;
  readonly machine: readonly string[];
  readonly kernel?: string | undefined;
  readonly transport: 'auto' | 'devfuse' | 'fuse-native';
  readonly cache: boolean;
  readonly detach: boolean;
  readonly logLevel: LogThreshold;
}

const STDOUT = 1;
const STDERR = 2;
const FAREWELLS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** A farewell takes less, unless the serving thread is stuck; then the next signal ends us. */
const PATIENCE_MS = 1000;

/** `daxsim mount`: serves until a signal comes or somebody unmounts. */
export async function mount(values: MountValues): Promise<number> {
  if (values.detach) return (await import('./detach.ts')).detach(values);
  const stdout = new LossyOutput(STDOUT);
  await mountAndWait(values, ({ announcement }) => stdout.write(`${announcement}\n`));
  return 0;
}

export async function mountAndWait(values: MountValues, onReady: (served: Served) => void): Promise<void> {
  refuseFewFiles();
  let served: Served | undefined;
  let asked: number | undefined;
  for (const signal of FAREWELLS) {
    process.on(signal, () => {
      asked ??= performance.now();
      if (performance.now() - asked > PATIENCE_MS) {
        void abandon(served ? undefined : resolve(values.mountpoint), signal);
      } else {
        void served?.unmount();
      }
    });
  }
  process.on('uncaughtException', error => void endAfterBug(error, served, values));
  served = await serve({ ...values, slots: await machineSlots(values.machine, values.kernel) });
  // A signal during the start is remembered, so that a half-made mount does not stay.
  const { log } = served;
  // Debug messages on and off again.
  process.on('SIGUSR2', () => log.levels.set(log.heeds('debug') ? values.logLevel : 'debug'));
  if (asked === undefined) onReady(served);
  else void served.unmount();
  await served.ended;
}

/** What Node, its threads and a mount have open, and some more: one that has too few would end half-way. */
const OPEN_FILES_MIN = 64;

/** @throws {Failure} */
function refuseFewFiles(): void {
  const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  if (Number(limit ?? OPEN_FILES_MIN) >= OPEN_FILES_MIN) return;
  throw new Failure(
    `only ${limit} open files are allowed, and a mount needs ${OPEN_FILES_MIN}: raise it with "ulimit -n 1024"`,
  );
}

/** No mount stays that nobody answers for. */
async function endAfterBug(
  error: Error,
  served: Served | undefined,
  { mountpoint }: MountValues,
): Promise<void> {
  const stack = error.stack ?? String(error);
  const stderr = new LossyOutput(STDERR);
  stderr.write(`daxsim: a bug, which ends this daemon and its mount: ${stack}\n`);
  await unmountOurs(resolve(mountpoint)).catch(() => {});
  await served?.ended.catch(() => {});
  process.exit(1);
}

/** Ends this process whatever its threads do. The mount is gone since the first signal, unless that came during the start. */
async function abandon(halfMade: string | undefined, signal: NodeJS.Signals): Promise<void> {
  for (const farewell of FAREWELLS) process.removeAllListeners(farewell);
  if (halfMade) await unmountOurs(halfMade).catch(() => {});
  process.kill(process.pid, signal);
}

async function unmountOurs(path: string): Promise<void> {
  const mounted = await mountAt(path);
  if (mounted && isMountOf(mounted, MOUNT_NAME)) await unmountPath(mounted.mountpoint);
}
