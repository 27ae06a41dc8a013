import { isMountPlace } from '../../mount/namespace/mount-places.ts';
import { PinnedFileSystem } from '../../mount/namespace/pinned-file-system.ts';
import { UeventDelivery } from '../../mount/namespace/uevent-delivery.ts';
import type { FileSystemHost, FileSystemSource } from '../../mount/transport.ts';
import { createFileSystem as createRackFileSystem } from '../api/rack-source.ts';
import type { FileSystem } from '../kernel/fs/file-system.ts';
import type { RackSlot } from '../machine/rack.ts';

interface RunData {
  readonly slot: RackSlot;
  readonly listenerPid: Int32Array;
}

/** A machine for `daxsim run`: its mounts outlive its reboots, and its uevents are heard where `listenerPid` lives. */
export function runSource(slot: RackSlot, listenerPid: Int32Array): FileSystemSource {
  const data: RunData = { slot, listenerPid };
  return { module: import.meta.url, data };
}

export async function createFileSystem(data: unknown, host: FileSystemHost): Promise<FileSystem> {
  const { slot, listenerPid } = data as RunData;
  const delivery = new UeventDelivery(listenerPid, host.onBug);
  const rack = await createRackFileSystem([slot], {
    ...host,
    onBoot: ({ uevents }) => delivery.follow(uevents),
  });
  return new PinnedFileSystem(rack, isMountPlace);
}
