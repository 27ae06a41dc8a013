import type { CreateFileSystem } from '../../../mount/transport.ts';
import { ControlFile } from '../../kernel/fs/control-file.ts';
import type { Directory } from '../../kernel/fs/directory.ts';
import type { MachineDescription } from '../../machine/description.ts';
import { createRack } from '../../machine/rack.ts';
import { bootShell } from '../../user/boot-shell.ts';
import { engineProbe } from '../engine/engine-system.ts';
import type { ProbeRequest } from '../probe.ts';

/** The file at the root of the mount through which the engine behind it is asked. */
export const PROBE_FILE = 'probe';

/**
 * A machine for the thread that serves a mount, with one more file: a request written to it is answered by the engine
 * itself, in that thread, and read back. So steps go straight to the engine while programs act on the mount.
 */
export const createFileSystem: CreateFileSystem = (data, host) => {
  const { fileSystem } = createRack([{ description: data as MachineDescription, liveKmsg: true }], {
    ...host,
    shell: bootShell,
  });
  const probe = engineProbe(fileSystem);
  const root = fileSystem.root as Directory;
  let answer = '';
  root.add(
    new ControlFile(root, PROBE_FILE, {
      mode: 0o600,
      show: () => answer,
      store: text => {
        answer = JSON.stringify(probe.answer(JSON.parse(text) as ProbeRequest));
        return undefined;
      },
    }),
  );
  return fileSystem;
};
