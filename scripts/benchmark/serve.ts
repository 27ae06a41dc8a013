import { startMount, type TransportName } from '../../mount/host.ts';
import { rackSource } from '../../src/api/rack-source.ts';
import type { MachineSpec } from '../../src/machine/schema.ts';
import { describeMachine } from './in-process.ts';

/** What a serving process is told, as JSON in its one argument. */
export interface ServeArguments {
  readonly mountpoint: string;
  readonly transport: TransportName;
  readonly cache: boolean;
  /** A preset, and what differs from it. */
  readonly preset: string;
  readonly changes?: Partial<MachineSpec>;
  /** So many of the same side by side, in directories `0`, `1`, ...; left out, one at the root. */
  readonly count?: number;
}

async function serve({
  mountpoint,
  transport,
  cache,
  preset,
  changes,
  count,
}: ServeArguments): Promise<void> {
  const description = describeMachine(preset, changes);
  const slots =
    count === undefined
      ? [{ description }]
      : Array.from({ length: count }, (_, i) => ({ name: String(i), description }));
  const session = await startMount({
    mountpoint,
    transport,
    cache,
    fileSystem: rackSource(slots),
    name: 'daxsim-bench',
    onLog: ({ level, message, fields }) => {
      if (level === 'error') console.error(message, fields ?? '');
    },
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void session.unmount());
  console.log('ready');
  await session.ended;
}

if (process.argv[1] === new URL(import.meta.url).pathname) await serve(JSON.parse(process.argv[2]!));
