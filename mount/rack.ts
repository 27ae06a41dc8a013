import type { FileSystem } from '../src/fs/file-system.ts';
import { createRack } from '../src/machine/rack.ts';
import type { FileSystemHost, FileSystemSource } from './transport.ts';

/** One machine of a mount: under a directory of its name, or as the mount's root when it has none. */
export interface Slot {
  readonly name?: string;
  /** A validated machine description. */
  readonly description: unknown;
}

/** Simulated machines, booted in the thread that serves them. */
export function rackSource(slots: readonly Slot[]): FileSystemSource {
  return { module: import.meta.url, data: slots };
}

export function createFileSystem(data: unknown, host: FileSystemHost): FileSystem {
  return createRack(data as readonly Slot[], host).fileSystem;
}
