import { EINVAL, ENOSPC, EOPNOTSUPP, EPERM, type Errno } from '../lib/errno.ts';
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

/** fs/kernfs: KERNFS_MAX_USER_XATTRS and KERNFS_USER_XATTR_SIZE_LIMIT, which here hold for all of one inode. */
const MAX_XATTRS = 128;
const MAX_XATTR_BYTES = 128 * 1024;

/** The extended attributes of an inode. */
export class Xattrs {
  readonly #values = new Map<string, Uint8Array>();
  #bytes = 0;

  get names(): string[] {
    return [...this.#values.keys()];
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  get(name: string): Uint8Array | undefined {
    return this.#values.get(name);
  }

  /** kernfs_vfs_user_xattr_add: ENOSPC for too many, or too much in all. */
  set(name: string, value: Uint8Array): Errno | undefined {
    const before = this.#values.get(name);
    const bytes = this.#bytes - (before?.length ?? 0) + value.length;
    const count = this.#values.size + (before ? 0 : 1);
    if (count > MAX_XATTRS || bytes > MAX_XATTR_BYTES) return ENOSPC;
    this.#values.set(name, value.slice());
    this.#bytes = bytes;
    return undefined;
  }

  /** Whether it was there. */
  delete(name: string): boolean {
    this.#bytes -= this.#values.get(name)?.length ?? 0;
    return this.#values.delete(name);
  }
}
