import { Shell } from '../user/shell/shell.ts';
import type { SystemCalls } from '../user/system-calls.ts';
import type { ShellAnswer } from './compare/compare.ts';
import type { Dump, LineChange } from './compare/dump.ts';
import { Journal, type JournalEntries } from './journal.ts';
import { perform } from './perform.ts';
import type { Observation, Step } from './step.ts';
import type { Tree } from './tree.ts';

export type MissingProgram = { readonly missing: string };

/** What can be asked of a machine, as plain data. */
export type ProbeRequest =
  | { readonly ask: 'perform'; readonly step: Step }
  | { readonly ask: 'shell'; readonly command: string; readonly uid: number }
  | { readonly ask: 'dump' }
  | { readonly ask: 'changes' }
  | { readonly ask: 'journal' };

/** Does steps and looks at the machine with the system calls of one process after the other. */
export class Probe {
  readonly #callsOf: (uid: number) => SystemCalls;
  readonly #tree: Tree;
  readonly #users = new Map<number, SystemCalls>();
  readonly #descriptors = new Map<string, number>();
  #journal: Journal | undefined;

  constructor(callsOf: (uid: number) => SystemCalls, tree: Tree) {
    this.#callsOf = callsOf;
    this.#tree = tree;
  }

  perform(step: Step): Observation {
    return perform(this.#calls(step.uid), step, this.#descriptors);
  }

  shell(command: string, uid: number): ShellAnswer | MissingProgram {
    return new Shell(this.#calls(uid)).run(command);
  }

  dump(): Dump {
    return this.#tree.dump();
  }

  changes(): readonly LineChange[] {
    return this.#tree.changes();
  }

  journal(): JournalEntries {
    this.#journal ??= new Journal(this.#calls(0));
    return this.#journal.drain();
  }

  /** The same for a request that came as JSON; dumps go back as pairs. */
  answer(request: ProbeRequest): unknown {
    switch (request.ask) {
      case 'perform':
        return this.perform(request.step);
      case 'shell':
        return this.shell(request.command, request.uid);
      case 'dump':
        return [...this.dump()];
      case 'changes':
        return this.changes();
      case 'journal':
        return this.journal();
    }
  }

  #calls(uid: number): SystemCalls {
    const known = this.#users.get(uid);
    if (known) return known;
    const calls = this.#callsOf(uid);
    this.#users.set(uid, calls);
    return calls;
  }
}
