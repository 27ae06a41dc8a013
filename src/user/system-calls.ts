import type { Result } from '../kernel/lib/errno.ts';
import {
  O_APPEND,
  O_CREAT,
  O_DIRECT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from '../kernel/lib/stat.ts';

export interface FileStatus {
  /** Type and permission bits. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly blksize: number;
  readonly blocks: number;
  /** `MAJOR:MINOR`. */
  readonly rdev: string;
}

export interface FileSystemStatus {
  readonly type: number;
  readonly bsize: number;
  readonly namelen: number;
  readonly flags: number;
  readonly blocks: number;
  readonly files: number;
}

export interface Entry {
  readonly name: string;
  readonly type: 'directory' | 'link' | 'other';
}

/** The system calls that transcripts use, as one process with one user makes them. Paths start with /sys, /proc or /dev. */
export interface SystemCalls {
  open(path: string, flags: number): Result<number>;
  close(fd: number): Result<void>;
  read(fd: number, length: number): Result<Uint8Array>;
  pread(fd: number, length: number, offset: number): Result<Uint8Array>;
  write(fd: number, data: Uint8Array): Result<number>;
  pwrite(fd: number, data: Uint8Array, offset: number): Result<number>;
  lseek(fd: number, offset: number, whence: number): Result<number>;
  fstat(fd: number): Result<FileStatus>;
  ftruncate(fd: number, length: number): Result<void>;
  fsync(fd: number): Result<void>;
  fallocate(fd: number, offset: number, length: number): Result<void>;
  /** The ready bits of `events`, at once. */
  poll(fd: number, events: number): Result<number>;
  mmap(fd: number, length: number, offset: number, protection: number, flags: number): Result<void>;
  /** In getdents order, `.` and `..` included. */
  readdir(path: string): Result<Entry[]>;
  stat(path: string): Result<FileStatus>;
  lstat(path: string): Result<FileStatus>;
  statfs(path: string): Result<FileSystemStatus>;
  readlink(path: string): Result<string>;
  access(path: string, mask: number): Result<void>;
  chmod(path: string, mode: number): Result<void>;
  chown(path: string, uid: number, gid: number): Result<void>;
  truncate(path: string, length: number): Result<void>;
  /** utimensat(2) without times: now. */
  utimes(path: string): Result<void>;
  mkdir(path: string): Result<void>;
  mknod(path: string): Result<void>;
  rmdir(path: string): Result<void>;
  unlink(path: string): Result<void>;
  rename(from: string, to: string): Result<void>;
  link(target: string, path: string): Result<void>;
  symlink(target: string, path: string): Result<void>;
  listxattr(path: string): Result<string[]>;
  getxattr(path: string, name: string): Result<Uint8Array>;
  setxattr(path: string, name: string, value: Uint8Array): Result<void>;
}

/** Open flags by the names that transcripts use. */
export const openFlags: Readonly<Record<string, number>> = {
  O_RDONLY,
  O_WRONLY,
  O_RDWR,
  O_CREAT,
  O_EXCL,
  O_NOCTTY: 0o400,
  O_TRUNC,
  O_APPEND,
  O_NONBLOCK,
  O_DIRECT,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_CLOEXEC: 0o2000000,
  O_SYNC: 0o4010000,
  O_PATH,
};
