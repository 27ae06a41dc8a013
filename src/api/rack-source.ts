import type { FileSystemHost, FileSystemSource } from '../../mount/transport.ts';
import type { FileSystem } from '../kernel/fs/file-system.ts';
import { standingOf } from '../kernel/releases/standing.ts';
import type { Machine } from '../machine/machine.ts';
import type { RackHost, RackSlot } from '../machine/rack.ts';

/** Simulated machines, booted in the thread that serves them. Descriptions are validated already. */
export function rackSource(slots: readonly RackSlot[]): FileSystemSource {
  return { module: import.meta.url, data: slots };
}

export function slotName({ name, description }: RackSlot): string {
  return name ?? description.name;
}

/** A command that a machine should run at boot, with the reason why it did not. */
export function refusedAtBoot(command: string): string {
  return `fails at boot: ${command}`;
}

/**
 * The kernel is loaded only here, in the thread that serves; the shell for what boot runs only for a machine that
 * needs more than module names. Modules and commands that fail at boot are logged as warnings.
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
  const shell = simple ? {} : { shell: (await import('../user/boot-shell.ts')).bootShell };
  const onBoot = (machine: Machine, slot: RackSlot): void => {
    for (const command of machine.refusedCommands) {
      host.onLog({ level: 'warn', message: refusedAtBoot(command), machine: slotName(slot) });
    }
    const { kernel } = slot.description;
    const { known, words } = standingOf(kernel);
    const level = known === 'newer' ? 'warn' : 'debug';
    host.onLog({ level, message: `Linux ${kernel} ${words}`, machine: slotName(slot) });
    host.onBoot?.(machine, slot);
  };
  return createRack(slots, { ...host, ...shell, onBoot }).fileSystem;
}
