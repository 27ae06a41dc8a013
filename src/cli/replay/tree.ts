import type { FileSystem } from '../../fs/file-system.ts';
import { type Dump, dumpChanges, type LineChange, takeDump } from './dump.ts';
import type { SystemCalls } from './system-calls.ts';
import { TreeWatch } from './tree-watch.ts';

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

/**
 * Seen from inside the engine, which reports changes. A dump believes no report and looks at everything afresh, so that it
 * also shows what changed without one.
 */
export class WatchedTree implements Tree {
  readonly #fileSystem: FileSystem;
  #watch: TreeWatch | undefined;

  constructor(fileSystem: FileSystem) {
    this.#fileSystem = fileSystem;
  }

  dump(): Dump {
    const watch = new TreeWatch(this.#fileSystem);
    // Whoever asks for changes next means those since here.
    if (!this.#watch) this.#follow(watch);
    return watch.dump();
  }

  changes(): LineChange[] {
    return (this.#watch ?? this.#follow(new TreeWatch(this.#fileSystem))).changes();
  }

  #follow(watch: TreeWatch): TreeWatch {
    watch.follow();
    this.#watch = watch;
    return watch;
  }
}
