import { Directory, Link } from '../fs/directory.ts';
import { KERNEL } from '../fs/file-system.ts';
import { FileNode, type Node } from '../fs/node.ts';
import { EINVAL, ENOENT, type Errno, isErrno } from '../lib/errno.ts';
import { O_WRONLY } from '../lib/stat.ts';
import { modprobe } from './control.ts';
import type { Machine } from './machine.ts';

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

function writeFile(machine: Machine, path: string, text: string): Errno | undefined {
  const node = resolve(machine.core.sys.parent!, path);
  if (!(node instanceof FileNode)) return ENOENT;
  const file = node.open(O_WRONLY, KERNEL);
  if (isErrno(file)) return file;
  const written = file.write(0, Buffer.from(text));
  file.release();
  return isErrno(written) ? written : undefined;
}

function resolve(root: Directory, path: string): Node | undefined {
  let node: Node | undefined = root;
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue;
    if (!(node instanceof Directory)) return undefined;
    node = name === '..' ? node.parent : node.child(name);
    if (node instanceof Link) node = node.destination;
  }
  return node;
}
