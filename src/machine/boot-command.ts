import { Directory, Link } from '../fs/directory.ts';
import { KERNEL } from '../fs/file-system.ts';
import { FileNode, type Node } from '../fs/node.ts';
import { EINVAL, ENOENT, type Errno, isErrno } from '../lib/errno.ts';
import { O_WRONLY } from '../lib/stat.ts';
import { modprobe } from './control.ts';
import type { Machine } from './machine.ts';

const ECHO = /^echo\s+(-n\s+)?(\S+)\s*>\s*(\/\S+)$/;

/** One command of a machine's `before` list: modprobe, rmmod, or `echo WORD > FILE`. EINVAL for anything else. */
export function runBootCommand(machine: Machine, line: string): Errno | undefined {
  const [program, ...rest] = line.trim().split(/\s+/);
  if (program === 'modprobe') return modprobe(machine.modules, rest.join(' '));
  if (program === 'rmmod') return machine.modules.rmmod(rest[0] ?? '');
  const echo = ECHO.exec(line.trim());
  return echo ? writeFile(machine, echo[3]!, echo[1] ? echo[2]! : `${echo[2]}\n`) : EINVAL;
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
