import { KERNEL } from '../kernel/fs/file-system.ts';
import { throwBug } from '../kernel/fs/guarded-file.ts';
import { pathLookup } from '../kernel/fs/namei.ts';
import { Vfs } from '../kernel/fs/vfs.ts';
import { EINVAL, ENOENT, type Errno, isErrno, sameErrno } from '../kernel/lib/errno.ts';
import { O_WRONLY } from '../kernel/lib/stat.ts';
import { modprobe } from './control.ts';
import type { Machine } from './machine.ts';
import { nearest } from './suggestion.ts';

const ECHO = /^echo\s+(-n\s+)?([^\s;&|]+)\s*>\s*(\/[^\s;&|]+)$/;
const MODULE = /^(modprobe|rmmod)((?:\s+[^\s;&|<>]+)+)$/;

/** Whether a command is of the few that a machine runs by itself: modprobe, rmmod, `echo WORD > FILE`. */
export function isBootCommand(line: string): boolean {
  return MODULE.test(line.trim()) || ECHO.test(line.trim());
}

/** One command of a machine's `before` list. EINVAL for one that is not {@link isBootCommand}. */
export function runBootCommand(machine: Machine, line: string): Errno | undefined {
  const [, program, words = ''] = MODULE.exec(line.trim()) ?? [];
  if (program === 'modprobe') return modprobe(machine.modules, words);
  if (program === 'rmmod') return machine.modules.rmmod(words.trim());
  const [, noNewline, word = '', path = ''] = ECHO.exec(line.trim()) ?? [];
  return path ? writeFile(machine, path, noNewline ? word : `${word}\n`) : EINVAL;
}

/** The errno that a command failed with, and the reason; for a module that there is none of, the one that was probably meant. */
export function whyRefused(machine: Machine, line: string, refused: Errno): string {
  const [, program, words = ''] = MODULE.exec(line.trim()) ?? [];
  const [module = ''] = words.trim().split(/\s+/);
  const meant = program && sameErrno(refused, ENOENT) ? nearest(module, machine.modules.names) : undefined;
  if (meant !== undefined) return `${refused.name}: did you mean ${meant}?`;
  return refused.reason === undefined ? refused.name : `${refused.name}: ${refused.reason}`;
}

function writeFile(machine: Machine, path: string, text: string): Errno | undefined {
  const fileSystem = new Vfs(machine.core.sys.parent!, throwBug, refused => machine.refusals.add(refused));
  const place = pathLookup(fileSystem, path, KERNEL);
  const inode = isErrno(place) ? place : place.inode;
  if (isErrno(inode)) return inode;
  const file = fileSystem.open(inode, O_WRONLY, KERNEL);
  if (isErrno(file)) return file;
  const written = file.write(0, Buffer.from(text));
  file.release();
  return isErrno(written) ? written : undefined;
}
