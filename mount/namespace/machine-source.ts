import type { Uevent } from '../../src/base/uevent.ts';
import type { FileSystem } from '../../src/fs/file-system.ts';
import type { RecordLog } from '../../src/fs/stream-file.ts';
import { createRack, type RackSlot } from '../../src/machine/rack.ts';
import type { FileSystemHost, FileSystemSource } from '../transport.ts';
import { PinnedFileSystem } from './pinned-file-system.ts';
import { UeventSocket } from './uevent-socket.ts';

interface MachineData {
  readonly slot: RackSlot;
  /** A process in the network name space that hears the uevents; 0 while there is none. Shared with the launcher. */
  readonly listenerPid: Int32Array;
}

/** One machine whose uevents the kernel broadcasts where the process in `listenerPid` lives. */
export function machineSource(slot: RackSlot, listenerPid: Int32Array): FileSystemSource {
  const data: MachineData = { slot, listenerPid };
  return { module: import.meta.url, data };
}

export function createFileSystem(data: unknown, host: FileSystemHost): FileSystem {
  const { slot, listenerPid } = data as MachineData;
  let broken = false;
  let socket: UeventSocket | undefined;
  const deliver = (event: Uevent): void => {
    const pid = Atomics.load(listenerPid, 0);
    if (pid === 0 || broken) return;
    try {
      socket ??= UeventSocket.inNamespaceOf(pid);
      socket.broadcast(event);
    } catch (error) {
      broken = true;
      host.onBug(error, `uevent ${event.action}@${event.devpath}`);
    }
  };
  // Delivered before the write that caused it returns, as by a real kernel: udevadm settle relies on it.
  const follow = ({ uevents }: { readonly uevents: RecordLog<Uevent> }): void => {
    let sequence = uevents.next;
    uevents.subscribe(() => {
      while (sequence < uevents.next) deliver(uevents.at(sequence++)!);
    });
  };
  return new PinnedFileSystem(createRack([slot], { ...host, onBoot: follow }).fileSystem, isMountPlace);
}

/** What the guest's launch script binds, or binds something over. */
const MOUNT_PLACES =
  /^(sys(\/fs(\/cgroup)?)?|proc(\/[^/]+)?|dev(\/(null|zero|full|random|urandom|tty|ptmx|console|pts|shm|mqueue|hugepages))?)$/;

function isMountPlace(path: string): boolean {
  return MOUNT_PLACES.test(path);
}
