import { type FileHandle, open, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { builtModule } from '../../../mount/built-module.ts';
import { chooseTransport, startMount, type TransportName } from '../../../mount/host.ts';
import { temporaryDirectory } from '../../../mount/temporary-directory.ts';
import type { FileSystemSource, LogMessage, Session } from '../../../mount/transport.ts';
import type { MachineDescription } from '../../machine/description.ts';
import type { ShellAnswer } from '../compare/compare.ts';
import type { MissingProgram } from '../probe.ts';
import type { Observation } from '../step.ts';
import { type Ask, looksAsked, type System } from '../system.ts';
import { NamespaceShell } from './namespace-shell.ts';
import { PROBE_FILE } from './served-engine.ts';

/** Bytes read of an answer at once; a shorter read is its end. */
const PIECE = 65536;

/** A machine on a temporary mount. */
export interface Served {
  readonly mountpoint: string;
  stop(): Promise<void>;
}

/** @throws {MountError} when no mount can be made here */
export async function serve(
  fileSystem: FileSystemSource,
  transport: TransportName,
  cache = false,
): Promise<Served> {
  const mountpoint = await temporaryDirectory('daxsim-replay-');
  let session: Session;
  try {
    session = await startMount({
      transport,
      mountpoint,
      fileSystem,
      cache,
      name: 'daxsim',
      onLog: logProblem,
    });
  } catch (error) {
    await rmdir(mountpoint);
    throw error;
  }
  return {
    mountpoint,
    async stop() {
      await session.unmount();
      await rmdir(mountpoint);
    },
  };
}

function logProblem({ level, message, fields }: LogMessage): void {
  if (level === 'error') process.stderr.write(`${message} ${JSON.stringify(fields ?? {})}\n`);
}

/** The machine, and the file that asks its engine, for {@link serve}. */
export function servedEngine(description: MachineDescription): FileSystemSource {
  return { module: builtModule('served-engine', import.meta.url).href, data: description };
}

/** The engine behind a mount of {@link servedEngine}, asked one question after the other. */
export class EngineBehind {
  readonly #probe: FileHandle;
  readonly #piece = Buffer.alloc(PIECE);

  private constructor(probe: FileHandle) {
    this.#probe = probe;
  }

  static async open({ mountpoint }: Served): Promise<EngineBehind> {
    return new EngineBehind(await open(join(mountpoint, PROBE_FILE), 'r+'));
  }

  readonly ask: Ask = async request => {
    await this.#probe.write(JSON.stringify(request), 0);
    const pieces: Buffer[] = [];
    let length = 0;
    for (let read = PIECE; read === PIECE; length += read) {
      read = (await this.#probe.read(this.#piece, 0, PIECE, length)).bytesRead;
      pieces.push(Buffer.from(this.#piece.subarray(0, read)));
    }
    return JSON.parse(Buffer.concat(pieces).toString()) as unknown;
  };

  close(): Promise<void> {
    return this.#probe.close();
  }
}

/**
 * Boots a machine whose steps go straight to the engine, while programs that the engine's own shell has not run on a
 * mount of the same machine.
 */
export async function bootServedEngine(description: MachineDescription): Promise<System> {
  const served = await serve(servedEngine(description), 'devfuse');
  const shell = await NamespaceShell.create(served.mountpoint);
  const engine = await EngineBehind.open(served);
  const { ask } = engine;
  return {
    perform: async step => (await ask({ ask: 'perform', step })) as Observation,
    async shell(command, uid) {
      const answer = (await ask({ ask: 'shell', command, uid })) as ShellAnswer | MissingProgram;
      return 'missing' in answer ? shell.run(command, uid) : answer;
    },
    ...looksAsked(ask),
    detours: new Map(),
    async stop() {
      await engine.close();
      await shell.stop();
      await served.stop();
    },
  };
}

/** Whether this process may make the mounts of {@link bootServedEngine}. */
export async function mayServe(): Promise<boolean> {
  return chooseTransport('devfuse').then(
    () => true,
    () => false,
  );
}
