import { EINVAL, EOPNOTSUPP, EPERM, type Errno } from '../lib/errno.ts';
import type { Caller } from './file-system.ts';
import { hasCapabilities } from './permission.ts';

/** xattr_resolve_name over kernfs_xattr_handlers, which know no ACLs: a prefix alone is no name. */
export function xattrNameRefusal(name: string): Errno | undefined {
  if (!/^(trusted|security|user)\./.test(name)) return EOPNOTSUPP;
  return /^[a-z]+\.$/.test(name) ? EINVAL : undefined;
}

/** Why somebody may not set or remove the attribute. */
export function xattrRefusal(name: string, caller: Caller): Errno | undefined {
  const refused = xattrNameRefusal(name);
  if (refused) return refused;
  // kernfs_vfs_user_xattr_set: sysfs is no KERNFS_ROOT_SUPPORT_USER_XATTR.
  if (name.startsWith('user.')) return EOPNOTSUPP;
  return hasCapabilities(caller) ? undefined : EPERM;
}
