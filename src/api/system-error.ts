import type { Errno } from '../kernel/lib/errno.ts';

/** What a system call on a machine was refused with, in the shape of Node's own: `code` is `EBUSY`, `errno` is -16. */
export class SystemError extends Error {
  override readonly name = 'SystemError';
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly path: string;
  /** Why, in words, where the mechanism that refused tells it. */
  readonly reason: string | undefined;

  constructor(errno: Errno, syscall: string, path: string) {
    super(`${errno.name}: ${syscall} '${path}'${errno.reason === undefined ? '' : `: ${errno.reason}`}`);
    this.reason = errno.reason;
    this.code = errno.name;
    this.errno = -errno.code;
    this.syscall = syscall;
    this.path = path;
  }
}
