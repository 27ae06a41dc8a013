/** An expected failure as a value: handlers return it, nothing throws it. Values are Linux x86-64's. */
export class Errno {
  readonly name: string;
  readonly code: number;
  /** For a person: what the code cannot say. */
  readonly reason: string | undefined;

  constructor(name: string, code: number, reason?: string) {
    this.name = name;
    this.code = code;
    this.reason = reason;
    Object.freeze(this);
  }

  toString(): string {
    return this.name;
  }
}

export type Result<T> = T | Errno;

export function isErrno(value: unknown): value is Errno {
  return value instanceof Errno;
}

/** An errno with the reason, worded where it arises: `refusal(EBUSY, 'dax0.0 is bound to kmem')`. */
export function refusal({ name, code }: Errno, reason: string): Errno {
  return new Errno(name, code, reason);
}

/** Whether a result is this errno, whatever the reason. */
export function sameErrno(result: unknown, { code }: Errno): boolean {
  return isErrno(result) && result.code === code;
}

export const EPERM = new Errno('EPERM', 1);
export const ENOENT = new Errno('ENOENT', 2);
export const EINTR = new Errno('EINTR', 4);
export const EIO = new Errno('EIO', 5);
export const ENXIO = new Errno('ENXIO', 6);
export const E2BIG = new Errno('E2BIG', 7);
export const EBADF = new Errno('EBADF', 9);
export const EAGAIN = new Errno('EAGAIN', 11);
export const ENOMEM = new Errno('ENOMEM', 12);
export const EACCES = new Errno('EACCES', 13);
export const EFAULT = new Errno('EFAULT', 14);
export const EBUSY = new Errno('EBUSY', 16);
export const EEXIST = new Errno('EEXIST', 17);
export const ENODEV = new Errno('ENODEV', 19);
export const ENOTDIR = new Errno('ENOTDIR', 20);
export const EISDIR = new Errno('EISDIR', 21);
export const EINVAL = new Errno('EINVAL', 22);
export const ENOTTY = new Errno('ENOTTY', 25);
export const EFBIG = new Errno('EFBIG', 27);
export const ENOSPC = new Errno('ENOSPC', 28);
export const ESPIPE = new Errno('ESPIPE', 29);
export const EPIPE = new Errno('EPIPE', 32);
export const ERANGE = new Errno('ERANGE', 34);
export const ENAMETOOLONG = new Errno('ENAMETOOLONG', 36);
export const ENOSYS = new Errno('ENOSYS', 38);
export const ENOTEMPTY = new Errno('ENOTEMPTY', 39);
export const ELOOP = new Errno('ELOOP', 40);
export const ENODATA = new Errno('ENODATA', 61);
export const EILSEQ = new Errno('EILSEQ', 84);
export const EOPNOTSUPP = new Errno('EOPNOTSUPP', 95);
export const ENOKEY = new Errno('ENOKEY', 126);
export const EHWPOISON = new Errno('EHWPOISON', 133);
