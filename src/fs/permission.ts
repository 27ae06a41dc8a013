import { EACCES, type Errno } from '../lib/errno.ts';
import { S_IFDIR, W_OK, X_OK } from '../lib/stat.ts';
import type { Caller } from './file-system.ts';
import type { Node } from './node.ts';

/** capable(): nothing is refused for want of privilege. */
export function hasCapabilities({ uid, admitted = false }: Caller): boolean {
  return uid === 0 || admitted;
}

/** fs/namei.c `generic_permission`: owner, group or other bits; root passes but for executing a file without any x bit. */
export function permission(node: Node, mask: number, caller: Caller): Errno | undefined {
  if (caller.admitted) return undefined;
  if (caller.uid === 0) {
    return mask & X_OK && node.type !== S_IFDIR && !(node.mode & 0o111) ? EACCES : undefined;
  }
  const shift = caller.uid === node.uid ? 6 : caller.gid === node.gid ? 3 : 0;
  return (mask & (node.mode >> shift)) === mask ? undefined : EACCES;
}

/** What creating, removing or renaming an entry needs of its directory. */
export function mayChangeEntries(directory: Node, caller: Caller): Errno | undefined {
  return permission(directory, W_OK | X_OK, caller);
}
