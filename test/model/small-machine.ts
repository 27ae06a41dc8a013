import type { Uevent } from '../../src/kernel/base/uevent.ts';
import { presetMachine } from '../../src/machine/presets/index.ts';
import { createRack, type Rack } from '../../src/machine/rack.ts';
import { Shell } from './shell.ts';

export interface Small {
  readonly rack: Rack;
  readonly shell: Shell;
  readonly bugs: unknown[];
  /** Uevents whose DEVPATH was not in the tree when they were sent. */
  readonly homeless: Uevent[];
}

/** A machine of 5 GiB with a 2 GiB and an unaligned soft-reserved range, its blocks offline, all modules loaded. */
export function bootSmall(): Small {
  const description = presetMachine('qemu-6.12');
  if (!description) throw new Error('no such machine');
  let now = 0n;
  const bugs: unknown[] = [];
  const rack = createRack([{ description }], {
    clock: () => (now += 1000n),
    onBug: error => bugs.push(error),
  });
  const shell = new Shell(rack.fileSystem);
  const homeless: Uevent[] = [];
  const { uevents } = rack.machine().core;
  uevents.subscribe(() => {
    const event = uevents.at(uevents.next - 1)!;
    if (!shell.exists(`/sys${event.devpath}`)) homeless.push(event);
  });
  return { rack, shell, bugs, homeless };
}
