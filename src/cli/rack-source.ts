import type { FileSystemHost, FileSystemSource } from '../../mount/transport.ts';
import type { FileSystem } from '../fs/file-system.ts';
import { isBootCommand } from '../machine/boot-command.ts';
import { createRack, type RackHost, type RackSlot } from '../machine/rack.ts';

/** Simulated machines, booted in the thread that serves them. Descriptions are validated already. */
export function rackSource(slots: readonly RackSlot[]): FileSystemSource {
  return { module: import.meta.url, data: slots };
}

/** The shell for what boot runs is loaded only for a machine that needs more than module names. */
export async function createFileSystem(
  data: unknown,
  host: FileSystemHost & Pick<RackHost, 'onBoot'>,
): Promise<FileSystem> {
  const slots = data as readonly RackSlot[];
  const simple = slots.every(({ description }) => description.before.every(isBootCommand));
  const shell = simple ? {} : { shell: (await import('./replay/boot-shell.ts')).bootShell };
  return createRack(slots, { ...host, ...shell }).fileSystem;
}
