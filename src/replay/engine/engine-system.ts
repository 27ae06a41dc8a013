import { hostClock } from '../../../mount/file-system-host.ts';
import type { FileSystem } from '../../kernel/fs/file-system.ts';
import { throwBug } from '../../kernel/fs/guarded-file.ts';
import type { MachineDescription } from '../../machine/description.ts';
import { createRack } from '../../machine/rack.ts';
import { bootShell } from '../../user/boot-shell.ts';
import { EngineCalls } from '../../user/calls/engine-calls.ts';
import { Probe } from '../probe.ts';
import type { System } from '../system.ts';
import { TreeWatch } from './tree-watch.ts';

/** The probe of a file system in this thread. */
export function engineProbe(fileSystem: FileSystem): Probe {
  const callsOf = (uid: number) =>
    new EngineCalls(fileSystem, { uid, gid: uid, pid: process.pid, comm: 'replay' });
  return new Probe(callsOf, new TreeWatch(fileSystem));
}

/** Boots a machine in this process, without a mount. A bug inside a handler fails the replay. */
export async function bootEngine(description: MachineDescription): Promise<System> {
  const rack = createRack([{ description, liveKmsg: true }], {
    clock: hostClock,
    onBug: throwBug,
    shell: bootShell,
  });
  const probe = engineProbe(rack.fileSystem);
  return {
    perform: async step => probe.perform(step),
    shell: async (command, uid) => probe.shell(command, uid),
    dump: async () => probe.dump(),
    changes: async () => probe.changes(),
    journal: async () => probe.journal(),
    detours: new Map(),
    stop: async () => {},
  };
}
