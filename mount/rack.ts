import type { FileSystem } from '../src/fs/file-system.ts';
import { createRack, type RackSlot } from '../src/machine/rack.ts';
import type { FileSystemHost, FileSystemSource } from './transport.ts';

/** Simulated machines, booted in the thread that serves them. Descriptions are validated already. */
export function rackSource(slots: readonly RackSlot[]): FileSystemSource {
  return { module: import.meta.url, data: slots };
}

export function createFileSystem(data: unknown, host: FileSystemHost): FileSystem {
  return createRack(data as readonly RackSlot[], host).fileSystem;
}
