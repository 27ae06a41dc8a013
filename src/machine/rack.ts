import { Directory } from '../kernel/fs/directory.ts';
import type { FileSystem } from '../kernel/fs/file-system.ts';
import type { BugReporter } from '../kernel/fs/guarded-file.ts';
import { Tree } from '../kernel/fs/node.ts';
import type { RefusalListener } from '../kernel/fs/refused-operation.ts';
import { Vfs } from '../kernel/fs/vfs.ts';
import type { Timer } from '../kernel/lib/timer.ts';
import type { NvdimmHardware } from '../kernel/nvdimm/nvdimm.ts';
import type { MachineDescription } from './description.ts';
import { Machine } from './machine.ts';
import { RefusalLog } from './refusal-log.ts';

export interface RackSlot {
  /** The subdirectory that the machine is served in; without a name it is the root itself. */
  readonly name?: string;
  readonly description: MachineDescription;
  /** Serve /dev/kmsg as the kernel does: reads wait at its end. */
  readonly liveKmsg?: boolean;
}

export interface RackHost {
  /** Nanoseconds since the epoch. */
  readonly clock: () => bigint;
  readonly timer?: Timer;
  /** Told of an exception inside a handler. */
  readonly onBug: BugReporter;
  /** Runs a shell command of a machine's description on the machine's files; answers what kept it from its work. */
  readonly shell?: (fileSystem: FileSystem, command: string) => string | undefined;
  /** Given each machine that booted, at first and after a reset. */
  readonly onBoot?: (machine: Machine, slot: RackSlot) => void;
}

/** Machines under one file system: one at its root, or many side by side. */
export class Rack {
  readonly fileSystem: FileSystem;
  readonly #machines: Machine[] = [];

  constructor(slots: readonly RackSlot[], { clock, timer, onBug, shell, onBoot }: RackHost) {
    const root = new Directory(new Tree(clock), undefined, '');
    const refusals: RefusalLog[] = [];
    const onRefused: RefusalListener = refused => {
      for (const log of refusals) log.add(refused);
    };
    this.fileSystem = new Vfs(root, onBug, onRefused);
    slots.forEach((slot, i) => {
      const place = slot.name === undefined ? root : root.addDirectory(slot.name);
      const boot = (nvdimms?: NvdimmHardware): void => {
        for (const top of ['sys', 'proc', 'dev']) place.remove(top);
        refusals[i] = new RefusalLog(clock, place.path);
        this.#machines[i] = new Machine(slot.description, {
          root: place,
          clock,
          refusals: refusals[i],
          liveKmsg: slot.liveKmsg ?? false,
          reset: () => boot(),
          reboot: () => boot(this.#machines[i]?.nvdimm),
          ...(timer && { timer }),
          ...(nvdimms && { nvdimms }),
          ...(shell && { shell: command => shell(new Vfs(place, onBug, onRefused), command) }),
        });
        onBoot?.(this.#machines[i], slot);
      };
      boot();
    });
  }

  /** The machine of a slot as it is now; a reset puts a new one in its place. */
  machine(slot = 0): Machine {
    const machine = this.#machines[slot];
    if (!machine) throw new RangeError(`no machine in slot ${slot}`);
    return machine;
  }
}

export function createRack(slots: readonly RackSlot[], host: RackHost): Rack {
  return new Rack(slots, host);
}
