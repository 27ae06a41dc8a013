import type { FileSystemHost, FileSystemSource } from '../../mount/transport.ts';
import type { FileSystem } from '../fs/file-system.ts';
import type { RackHost, RackSlot } from '../machine/rack.ts';

/** Simulated machines, booted in the thread that serves them. Descriptions are validated already. */
export function rackSource(slots: readonly RackSlot[]): FileSystemSource {
  return { module: import.meta.url, data: slots };
}

/**
 * The kernel is loaded only here, in the thread that serves; the shell for what boot runs only for a machine that
 * needs more than module names.
 */
export async function createFileSystem(
  data: unknown,
  host: FileSystemHost & Pick<RackHost, 'onBoot'>,
): Promise<FileSystem> {
  const slots = data as readonly RackSlot[];
  const [{ isBootCommand }, { createRack }] = await Promise.all([
    import('../machine/boot-command.ts'),
    import('../machine/rack.ts'),
  ]);
  const simple = slots.every(({ description }) => description.before.every(isBootCommand));
  const shell = simple ? {} : { shell: (await import('./replay/engine/boot-shell.ts')).bootShell };
  return createRack(slots, { ...host, ...shell }).fileSystem;
}
