import type { ShellAnswer } from './compare.ts';
import type { Dump } from './dump.ts';
import type { JournalEntries } from './journal.ts';
import type { Observation, Step } from './step.ts';

/** A machine on which steps are done, in this process or behind a mount. */
export interface System {
  perform(step: Step): Promise<Observation>;
  /** Runs a shell command; tells the program that is missing when it cannot run here. */
  shell(command: string, uid: number): Promise<ShellAnswer | { readonly missing: string }>;
  dump(): Promise<Dump>;
  /** Uevents and log lines since the last call. */
  journal(): Promise<JournalEntries>;
  stop(): Promise<void>;
}
