import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { builtModule } from '../../../mount/built-module.ts';
import type { TransportName } from '../../../mount/host.ts';
import type { MachineDescription } from '../../machine/description.ts';
import { programNames } from '../../user/shell/program-names.ts';
import type { ShellAnswer } from '../compare/compare.ts';
import type { MissingProgram, ProbeRequest } from '../probe.ts';
import type { Observation, Step } from '../step.ts';
import { looksAsked, type System } from '../system.ts';
import { Detours } from './detour.ts';
import { NamespaceShell } from './namespace-shell.ts';
import { EngineBehind, serve, servedEngine } from './served-system.ts';

const TIMEOUT_MS = 30_000;
const NDCTL_RECIPE =
  "ndctl opens block devices and DIMMs, whose nodes on a FUSE mount reach the host's drivers";

/** Steps that answer a size, of which only the content can say whether it is right where contents are cached. */
const SIZED = new Set(['stat', 'lstat', 'fdstat', 'lseek']);

/**
 * Boots a machine on a mount; every step is done by a process of the step's user, with real system calls.
 * @param cache whether the mount keeps page contents
 */
export async function bootMount(
  description: MachineDescription,
  transport: TransportName,
  cache = false,
): Promise<System> {
  const served = await serve(servedEngine(description), transport, cache);
  const shell = await NamespaceShell.create(served.mountpoint);
  const clients = new Map<number, Client>();
  const client = (uid: number): Client => {
    const known = clients.get(uid) ?? new Client(served.mountpoint, uid);
    clients.set(uid, known);
    return known;
  };
  const root = client(0);
  const engine = await EngineBehind.open(served);
  const choice = new Detours(cache);
  const detours = new Map<string, number>();
  const count = (reason: string) => detours.set(reason, (detours.get(reason) ?? 0) + 1);
  const perform = async (step: Step) => (await client(step.uid).ask({ ask: 'perform', step })) as Observation;
  return {
    detours,
    sizedByContent: cache,
    async perform(step) {
      const detour = choice.of(step);
      if (!detour) {
        const observation = await perform(step);
        const path = step.path ?? choice.heldPath(step);
        if (!cache || !SIZED.has(step.op) || path === undefined) return observation;
        const { result, n } = await perform({ seq: step.seq, op: 'read', uid: 0, path });
        return result === 'OK' ? { ...observation, content_n: n } : observation;
      }
      count(detour.reason);
      return (await engine.ask({ ask: 'perform', step: detour.instead })) as Observation;
    },
    async shell(command, uid) {
      if (!programNames(command).includes('ndctl')) return shell.run(command, uid);
      const answer = (await engine.ask({ ask: 'shell', command, uid })) as ShellAnswer | MissingProgram;
      if ('missing' in answer) return shell.run(command, uid);
      count(NDCTL_RECIPE);
      return answer;
    },
    ...looksAsked(request => root.ask(request)),
    async stop() {
      for (const one of clients.values()) one.stop();
      await engine.close();
      await shell.stop();
      await served.stop();
    },
  };
}

/** A process that makes system calls on the mount, one request after the other. Detached: ^C is for the replay to answer. */
class Client {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(mountpoint: string, uid: number) {
    const program = builtModule('host-child', import.meta.url).pathname;
    this.#child = spawn(process.execPath, [program, mountpoint, String(uid)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    });
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  async ask(request: ProbeRequest): Promise<unknown> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer to ${JSON.stringify(request)}`)), TIMEOUT_MS);
    });
    try {
      const { value, done } = await Promise.race([this.#answers.next(), late]);
      if (done) throw new Error('the client process ended');
      return JSON.parse(value) as unknown;
    } finally {
      clearTimeout(timer);
    }
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}
