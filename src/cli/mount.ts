import type { LogThreshold } from './log.ts';
import { machineSlots } from './machine-source.ts';
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

/** `daxsim mount`: serves until a signal comes or somebody unmounts. */
export async function mount(values: MountValues): Promise<number> {
  if (values.detach) return (await import('./detach.ts')).detach(values);
  await mountAndWait(values, ({ announcement }) => process.stdout.write(`${announcement}\n`));
  return 0;
}

export async function mountAndWait(values: MountValues, onReady: (served: Served) => void): Promise<void> {
  // A signal during the start is remembered, so that a half-made mount does not stay.
  let asked = false;
  let unmount = (): void => {
    asked = true;
  };
  for (const signal of FAREWELLS) process.on(signal, () => unmount());
  const served = await serve({ ...values, slots: await machineSlots(values.machine) });
  unmount = () => void served.unmount();
  if (asked) unmount();
  else onReady(served);
  await served.ended;
}
