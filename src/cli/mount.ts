import { resolve } from 'node:path';
import { isMountOf, mountAt, unmountPath } from '../../mount/mountpoint.ts';
import { machineSlots } from '../api/machine-source.ts';
import { MOUNT_NAME } from '../api/mount-machine.ts';
import type { LogThreshold } from './log.ts';
import { type Served, serve } from './serve.ts';

export interface MountValues {
  readonly mountpoint: string;
  readonly machine: readonly string[];
  readonly transport: 'auto' | 'devfuse' | 'fuse-native';
  readonly cache: boolean;
  readonly detach: boolean;
  readonly logLevel: LogThreshold;
}

const FAREWELLS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** A farewell takes less, unless the serving thread is stuck; then the next signal ends us. */
const PATIENCE_MS = 1000;

/** `daxsim mount`: serves until a signal comes or somebody unmounts. */
export async function mount(values: MountValues): Promise<number> {
  if (values.detach) return (await import('./detach.ts')).detach(values);
  await mountAndWait(values, ({ announcement }) => process.stdout.write(`${announcement}\n`));
  return 0;
}

export async function mountAndWait(values: MountValues, onReady: (served: Served) => void): Promise<void> {
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
  served = await serve({ ...values, slots: await machineSlots(values.machine) });
  // A signal during the start is remembered, so that a half-made mount does not stay.
  if (asked === undefined) onReady(served);
  else void served.unmount();
  await served.ended;
}

/** Ends this process whatever its threads do. The mount is gone since the first signal, unless that came during the start. */
async function abandon(halfMade: string | undefined, signal: NodeJS.Signals): Promise<void> {
  for (const farewell of FAREWELLS) process.removeAllListeners(farewell);
  const mounted = halfMade && (await mountAt(halfMade));
  if (mounted && isMountOf(mounted, MOUNT_NAME)) await unmountPath(mounted.mountpoint).catch(() => {});
  process.kill(process.pid, signal);
}
