import { EACCES, EFBIG, EISDIR, EPERM, type Errno, refusal } from '../lib/errno.ts';
import { S_IFDIR, W_OK, X_OK } from '../lib/stat.ts';
import type { Caller, StatChange } from './file-system.ts';
import type { Node } from './node.ts';

/**
 * capable(), for what a kernel that passed the request on has asked, too. What only the simulated kernel asks, in a show or a
 * store, is for uid 0.
 */
export function hasCapabilities({ uid, admitted = false }: Caller): boolean {
  return uid === 0 || admitted;
}

/** file_ns_capable(CAP_SYS_ADMIN), and kptr_restrict: whoever sees addresses. */
export function seesAddresses(opener: Caller): boolean {
  return opener.uid === 0 && (opener.sysAdmin ?? true);
}

/** fs/namei.c `generic_permission`: owner, group or other bits; root passes but for executing a file without any x bit. */
export function permission(node: Node, mask: number, caller: Caller): Errno | undefined {
  if (caller.admitted) return undefined;
  if (caller.uid === 0) {
    return mask & X_OK && node.type !== S_IFDIR && !(node.mode & 0o111) ? EACCES : undefined;
  }
  const shift = caller.uid === node.uid ? 6 : caller.gid === node.gid ? 3 : 0;
  if ((mask & (node.mode >> shift)) === mask) return undefined;
  return refusal(EACCES, `mode ${octal(node.mode)}, owner ${node.uid}: not for uid ${caller.uid}`);
}

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

/** What creating, removing or renaming an entry needs of its directory. */
export function mayChangeEntries(directory: Node, caller: Caller): Errno | undefined {
  return permission(directory, W_OK | X_OK, caller);
}

/** fs/attr.c setattr_prepare, and the permission to write that truncate(2) and touching demand. */
export function setattrRefusal(node: Node, change: StatChange, caller: Caller): Errno | undefined {
  const { mode, uid, gid, atime, mtime, size } = change;
  const capable = hasCapabilities(caller);
  const owner = capable || caller.uid === node.uid;
  if (uid !== undefined && !capable && !(owner && uid === node.uid)) return EPERM;
  const mayGive = owner && (gid === caller.gid || gid === node.gid);
  if (gid !== undefined && !capable && !mayGive) return EPERM;
  if ((mode !== undefined || typeof atime === 'bigint' || typeof mtime === 'bigint') && !owner) return EPERM;
  if (size !== undefined && node.type === S_IFDIR) return EISDIR;
  const writes = size !== undefined || ((atime === 'now' || mtime === 'now') && !owner);
  const refused = writes ? permission(node, W_OK, caller) : undefined;
  // inode_newsize_ok
  return refused ?? (size !== undefined && size > Math.max(node.size, node.maxBytes) ? EFBIG : undefined);
}
