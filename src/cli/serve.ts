import type { TransportName } from '../../mount/host.ts';
import type { LogThreshold } from '../../mount/log-levels.ts';
import type { LogMessage } from '../../mount/transport.ts';
import { mountSlots } from '../api/mount-machine.ts';
import { slotName } from '../api/rack-source.ts';
import type { RackSlot } from '../machine/rack.ts';
import { DaemonLog } from './log.ts';

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
  readonly log: DaemonLog;
}

/** Mounts machines and logs about it. */
export async function serve(request: ServeRequest): Promise<Served> {
  const log = new DaemonLog(request.logLevel, { mount: request.mountpoint });
  const warnings: string[] = [];
  const mounted = await mountSlots({
    ...request,
    logLevels: log.levels,
    onLog(message) {
      if (message.level === 'warn' && log.heeds('warn')) warnings.push(message.message);
      void log.write({ machine: machineOf(request.slots, message), ...message });
    },
  });
  const { mountpoint, transport } = mounted;
  const machines = request.slots.map(slotName).join(', ');
  void log.write({ level: 'info', message: 'mounted', fields: { machines, transport } });
  const ended = mounted.ended.finally(() => log.write({ level: 'info', message: 'unmounted' }));
  return {
    announcement: `mounted ${machines} at ${mountpoint} (${transport})`,
    warnings,
    log,
    ended,
    async unmount() {
      await mounted.unmount();
      await ended;
    },
  };
}

/** With several machines, a path begins with the name of one. */
function machineOf(slots: readonly RackSlot[], { fields }: LogMessage): string | undefined {
  const names = slots.map(slotName);
  if (names.length === 1) return names[0];
  const first = String(fields?.path ?? '').split('/')[1];
  return names.find(name => name === first);
}
