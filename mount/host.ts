import { busy, isCovering, mountSource, prepareMountpoint } from './mountpoint.ts';
import { MountError, type ServeOptions, type Session, type Transport } from './transport.ts';

export type TransportName = 'devfuse' | 'fuse-native';

/** Loaded when asked for, since fuse-native brings native code with it. In the order of preference. */
const TRANSPORTS: Readonly<Record<TransportName, () => Promise<Transport>>> = {
  devfuse: async () => (await import('./devfuse/transport.ts')).devfuse,
  'fuse-native': async () => (await import('./fuse-native/transport.ts')).fuseNative,
};

export const TRANSPORT_NAMES = Object.keys(TRANSPORTS) as readonly TransportName[];

export interface MountOptions extends ServeOptions {
  readonly transport: TransportName | 'auto';
  /** Told which transport serves, and why that one. */
  readonly onTransport?: (name: TransportName, why: string) => void;
}

export interface ChosenTransport {
  readonly name: TransportName;
  readonly transport: Transport;
  readonly why: string;
}

/**
 * The transport asked for, or with `auto` the first that can mount here.
 * @throws {MountError} saying what each one would need.
 */
export async function chooseTransport(asked: TransportName | 'auto'): Promise<ChosenTransport> {
  const refusals: string[] = [];
  for (const name of asked === 'auto' ? TRANSPORT_NAMES : [asked]) {
    const transport = await TRANSPORTS[name]();
    const refusal = transport.unavailable();
    if (refusal === undefined) {
      const because = refusals.length > 0 ? refusals.join('; ') : 'it may mount here';
      return { name, transport, why: asked === 'auto' ? because : 'asked for' };
    }
    refusals.push(`${name}: ${refusal}`);
  }
  throw new MountError(refusals.join('; '));
}

/**
 * Makes the mountpoint ready (created if missing, a stale mount cleaned) and serves on it.
 * @throws {MountError} with one line for a person.
 */
export async function startMount(options: MountOptions): Promise<Session> {
  const { name, transport, why } = await chooseTransport(options.transport);
  options.onTransport?.(name, why);
  const mountpoint = await prepareMountpoint(options.mountpoint, options.onLog);
  const session = await transport.serve({ ...options, mountpoint });
  if (!(await isCovering(mountpoint, mountSource(options.name)))) return session;
  await session.unmount();
  throw busy(options.mountpoint);
}
