import { hostClock } from '../../mount/file-system-host.ts';
import type { Uevent } from '../kernel/base/uevent.ts';
import { throwBug } from '../kernel/fs/guarded-file.ts';
import type { RecordLog } from '../kernel/fs/record-log.ts';
import { CONTROL_DIRECTORY } from '../machine/control-directory.ts';
import type { MachineDescription } from '../machine/description.ts';
import { createRack, type Rack } from '../machine/rack.ts';
import { bootShell } from '../user/boot-shell.ts';
import { EngineCalls } from '../user/calls/engine-calls.ts';
import { Shell } from '../user/shell/shell.ts';
import { MachineFiles, type MachineUser } from './machine-files.ts';

/** What a terminal would have shown, and the exit status. */
export interface CommandOutcome {
  readonly status: number;
  readonly stdout: string;
}

/** A machine in this process, without a mount: everything is synchronous, and nothing of the host is touched. */
export class SimulatedMachine extends MachineFiles {
  readonly description: MachineDescription;
  readonly #rack: Rack;

  constructor(description: MachineDescription, clock: () => bigint = hostClock) {
    const rack = createRack([{ description }], { clock, onBug: throwBug, shell: bootShell });
    super(rack.fileSystem);
    this.description = description;
    this.#rack = rack;
  }

  /** The same files for another user, e.g. `as({ uid: 1000, gid: 1000 })`. */
  as(user: MachineUser): MachineFiles {
    return new MachineFiles(this.#rack.fileSystem, user);
  }

  /** The kernel log up to now, a line for each record, without its time. */
  log(): string[] {
    return recordsOf(this.#rack.machine().log).map(({ text }) => text);
  }

  /** The uevents up to now, oldest first. */
  events(): Uevent[] {
    return recordsOf(this.#rack.machine().uevents);
  }

  /** Runs a command line in a small shell: echo, cat, test, loops and the like; no program of the host. */
  run(commandLine: string, { uid = 0, gid = 0 }: MachineUser = {}): CommandOutcome {
    const calls = new EngineCalls(this.#rack.fileSystem, { uid, gid, pid: 1, comm: 'sh' });
    const outcome = new Shell(calls).run(commandLine);
    if ('missing' in outcome) throw new Error(`the small shell has no "${outcome.missing}"`);
    return { status: outcome.exit, stdout: outcome.stdout };
  }

  /** Boots the machine as it was made. */
  reset(): void {
    this.write(`${CONTROL_DIRECTORY}/reset`, 1);
  }

  /** Boots the machine again; persistent memory keeps what it holds. */
  reboot(): void {
    this.write(`${CONTROL_DIRECTORY}/reboot`, 1);
  }
}

function recordsOf<T>(records: RecordLog<T>): T[] {
  return Array.from({ length: records.next - records.first }, (_, i) => records.at(records.first + i)!);
}
