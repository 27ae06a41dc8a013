import type { TransportName } from '../../mount/host.ts';
import { mountSlots } from '../api/mount-machine.ts';
import { slotName } from '../api/rack-source.ts';
import type { RackSlot } from '../machine/rack.ts';
import { DaemonLog, type LogThreshold } from './log.ts';

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

/** Mounts machines and logs about it. */
export async function serve(request: ServeRequest): Promise<Served> {
  const log = new DaemonLog(request.logLevel);
  const warnings: string[] = [];
  const mounted = await mountSlots({
    ...request,
    onLog(message) {
      if (message.level === 'warn' && log.heeds('warn')) warnings.push(message.message);
      log.write(message);
    },
  });
  const { mountpoint, transport } = mounted;
  const machines = request.slots.map(slotName).join(', ');
  log.write({ level: 'info', message: 'mounted', fields: { machines, mountpoint, transport } });
  const ended = mounted.ended.finally(() =>
    log.write({ level: 'info', message: 'unmounted', fields: { mountpoint } }),
  );
  return {
    announcement: `mounted ${machines} at ${mountpoint} (${transport})`,
    warnings,
    ended,
    async unmount() {
      await mounted.unmount();
      await ended;
    },
  };
}
