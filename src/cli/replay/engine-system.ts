import type { FileSystem } from '../../fs/file-system.ts';
import type { MachineDescription } from '../../machine/description.ts';
import { createRack } from '../../machine/rack.ts';
import type { ShellAnswer } from './compare.ts';
import { type Dump, takeDump } from './dump.ts';
import { EngineCalls } from './engine-calls.ts';
import { Journal, type JournalEntries } from './journal.ts';
import { perform } from './perform.ts';
import { Shell } from './shell/shell.ts';
import type { Observation, Step } from './step.ts';
import type { System } from './system.ts';
import type { SystemCalls } from './system-calls.ts';

/** Boots a machine in this process. A bug inside a handler fails the replay. */
export async function bootEngine(description: MachineDescription): Promise<System> {
  const rack = createRack([{ description, liveKmsg: true }], {
    clock: () => BigInt(Date.now()) * 1_000_000n,
    onBug: error => {
      throw error;
    },
  });
  return new EngineSystem(rack.fileSystem);
}

/** A machine in this process, without a mount: steps go straight to its file system. */
export class EngineSystem implements System {
  readonly #fileSystem: FileSystem;
  readonly #users = new Map<number, SystemCalls>();
  readonly #descriptors = new Map<string, number>();
  readonly #journal: Journal;

  constructor(fileSystem: FileSystem) {
    this.#fileSystem = fileSystem;
    this.#journal = new Journal(this.#calls(0));
  }

  async perform(step: Step): Promise<Observation> {
    return perform(this.#calls(step.uid), step, this.#descriptors);
  }

  async shell(command: string, uid: number): Promise<ShellAnswer | { missing: string }> {
    return new Shell(this.#calls(uid)).run(command);
  }

  async dump(): Promise<Dump> {
    return takeDump(this.#calls(0));
  }

  async journal(): Promise<JournalEntries> {
    return this.#journal.drain();
  }

  async stop(): Promise<void> {}

  #calls(uid: number): SystemCalls {
    const known = this.#users.get(uid);
    if (known) return known;
    const calls = new EngineCalls(this.#fileSystem, { uid, gid: uid, pid: process.pid, comm: 'replay' });
    this.#users.set(uid, calls);
    return calls;
  }
}
