import type { ShellAnswer } from './compare/compare.ts';
import type { Dump, LineChange } from './compare/dump.ts';
import type { JournalEntries } from './journal.ts';
import type { MissingProgram, ProbeRequest } from './probe.ts';
import type { Observation, Step } from './step.ts';

/** A machine on which steps are done, in this process or behind a mount. */
export interface System {
  perform(step: Step): Promise<Observation>;
  /** Runs a shell command; tells the program that is missing when it cannot run here. */
  shell(command: string, uid: number): Promise<ShellAnswer | MissingProgram>;
  dump(): Promise<Dump>;
  /** What has changed in the dump since the last call; from the first call on. */
  changes(): Promise<readonly LineChange[]>;
  /** Uevents and log lines since the last call. */
  journal(): Promise<JournalEntries>;
  /** The size of a file whose content the kernel may keep is the length of that content. */
  readonly sizedByContent?: boolean;
  /** Steps that were done another way than asked for, by reason. */
  readonly detours: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

/** Somebody who answers a {@link ProbeRequest} from another thread or process. */
export type Ask = (request: ProbeRequest) => Promise<unknown>;

/** Looks at a machine by asking. */
export function looksAsked(ask: Ask): Pick<System, 'dump' | 'changes' | 'journal'> {
  return {
    dump: async () => new Map((await ask({ ask: 'dump' })) as [string, string][]),
    changes: async () => (await ask({ ask: 'changes' })) as LineChange[],
    journal: async () => (await ask({ ask: 'journal' })) as JournalEntries,
  };
}
