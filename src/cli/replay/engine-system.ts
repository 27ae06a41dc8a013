import type { FileSystem, Inode } from '../../fs/file-system.ts';
import type { MachineDescription } from '../../machine/description.ts';
import { createRack } from '../../machine/rack.ts';
import { bootShell } from './boot-shell.ts';
import { EngineCalls } from './engine-calls.ts';
import { Probe } from './probe.ts';
import type { System } from './system.ts';
import { TreeWatch } from './tree-watch.ts';

/** The probe of a file system in this thread. */
export function engineProbe(fileSystem: FileSystem, onSetattr?: (inode: Inode) => void): Probe {
  return new Probe(uid => {
    const caller = { uid, gid: uid, pid: process.pid, comm: 'replay' };
    return new EngineCalls(fileSystem, caller, onSetattr);
  });
}

/** Boots a machine in this process, without a mount. A bug inside a handler fails the replay. */
export async function bootEngine(description: MachineDescription): Promise<System> {
  const rack = createRack([{ description, liveKmsg: true }], {
    clock: () => BigInt(Date.now()) * 1_000_000n,
    onBug: error => {
      throw error;
    },
    shell: bootShell,
  });
  const { fileSystem } = rack;
  const watch = new TreeWatch(fileSystem);
  watch.follow();
  const probe = engineProbe(fileSystem, watch.attributesChanged);
  return {
    perform: async step => probe.perform(step),
    shell: async (command, uid) => probe.shell(command, uid),
    dump: async () => new TreeWatch(fileSystem).dump(),
    changes: async () => watch.changes(),
    journal: async () => probe.journal(),
    detours: new Map(),
    stop: async () => {},
  };
}
