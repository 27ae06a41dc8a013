import type { SystemCalls } from '../user/system-calls.ts';
import { type Dump, dumpChanges, type LineChange, takeDump } from './compare/dump.ts';

/** The files of a machine as dumps show them. */
export interface Tree {
  /** All of it, looked at now. */
  dump(): Dump;
  /** What has changed since the last call; from the first call on. */
  changes(): readonly LineChange[];
}

/** Seen by system calls, whoever answers them: a change is what two whole dumps differ in. */
export class DumpedTree implements Tree {
  readonly #calls: SystemCalls;
  #last: Dump | undefined;

  constructor(calls: SystemCalls) {
    this.#calls = calls;
  }

  dump(): Dump {
    return takeDump(this.#calls);
  }

  changes(): LineChange[] {
    const before = this.#last;
    this.#last = this.dump();
    return before ? dumpChanges(before, this.#last) : [];
  }
}
