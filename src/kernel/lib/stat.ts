/** File type bits of `st_mode`, open flags, seek origins and poll bits, Linux x86-64. */
export const S_IFMT = 0o170000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFBLK = 0o060000;
export const S_IFREG = 0o100000;
export const S_IFLNK = 0o120000;

/** Mode bits of which sysfs demands one for an open to read or to write, of root too. */
export const S_IRUGO = 0o444;
export const S_IWUGO = 0o222;

export const O_ACCMODE = 0o3;
export const O_RDONLY = 0o0;
export const O_WRONLY = 0o1;
export const O_RDWR = 0o2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
export const O_DIRECT = 0o40000;
export const O_DIRECTORY = 0o200000;
export const O_NOFOLLOW = 0o400000;
export const O_PATH = 0o10000000;

export const SEEK_SET = 0;
export const SEEK_CUR = 1;
export const SEEK_END = 2;
export const SEEK_DATA = 3;
export const SEEK_HOLE = 4;

export const POLLIN = 0x1;
export const POLLPRI = 0x2;
export const POLLOUT = 0x4;
export const POLLERR = 0x8;
export const POLLHUP = 0x10;
export const POLLRDNORM = 0x40;
export const POLLWRNORM = 0x100;
/** Of a file that never makes anybody wait. */
export const DEFAULT_POLLMASK = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;

/** Bits of access(2) and of a permission check. */
export const R_OK = 4;
export const W_OK = 2;
export const X_OK = 1;

export interface DeviceNumber {
  readonly major: number;
  readonly minor: number;
}

/** `MAJOR:MINOR`, the spelling of a `dev` attribute and of `/sys/dev/char`. */
export function formatDeviceNumber(dev: DeviceNumber): string {
  return `${dev.major}:${dev.minor}`;
}
