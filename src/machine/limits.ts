import { NAME_MAX } from '../kernel/fs/file-system.ts';
import type { MachineDescription, MachineError } from './description.ts';

/** CONFIG_NODES_SHIFT of 10. */
export const MAX_NUMNODES = 1024;
/** asm/e820/types.h E820_MAX_ENTRIES */
export const E820_MAX_ENTRIES = 128 + 3 * MAX_NUMNODES;
/** asm/setup.h COMMAND_LINE_SIZE, of which a NUL takes one. */
const COMMAND_LINE_MAX = 2048 - 1;
/** asm/sparsemem.h NR_NODE_MEMBLKS */
const NR_NODE_MEMBLKS = 2 * MAX_NUMNODES;

/** Why a machine cannot be called so; several machines are served in directories of their names. */
export function nameRefusal(name: string): string | undefined {
  if (name === '') return 'empty: give the machine a name, or leave it out';
  if (name === '.' || name === '..' || /[/\0]/.test(name))
    return 'not the name of a directory: leave out "/", and do not call it "." or ".."';
  if (Buffer.byteLength(name) > NAME_MAX) return `longer than the ${NAME_MAX} bytes of a file name`;
  return undefined;
}

/** What a kernel has no room for. */
export function limitErrors({ name, cmdline, firmware }: MachineDescription): MachineError[] {
  const nameMessage = nameRefusal(name);
  const errors: MachineError[] = nameMessage === undefined ? [] : [{ path: 'name', message: nameMessage }];
  const limits = [
    ['cmdline', 'bytes of command line with all parameters', Buffer.byteLength(cmdline), COMMAND_LINE_MAX],
    ['', 'entries of the memory map', firmware.memoryMap.length, E820_MAX_ENTRIES],
    ['', 'memory ranges with a node (SRAT)', firmware.srat.length, NR_NODE_MEMBLKS],
  ] as const;
  for (const [path, what, count, most] of limits)
    if (count > most) errors.push({ path, message: `${count} ${what}: a kernel takes ${most} at most` });
  return errors;
}
