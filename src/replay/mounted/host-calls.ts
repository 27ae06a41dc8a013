import { fstatSync, lstatSync, readlinkSync, type Stats, statfsSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import koffi from 'koffi';
import { decodeDevice } from '../../../mount/device-number.ts';
import { EHWPOISON, EIO, Errno, isErrno, type Result } from '../../kernel/lib/errno.ts';
import { formatDeviceNumber, O_DIRECTORY, S_IFREG } from '../../kernel/lib/stat.ts';
import type { Entry, FileStatus, FileSystemStatus, SystemCalls } from '../../user/system-calls.ts';

const AT_FDCWD = -100;
const SYS_GETDENTS64 = 217;
const DT_DIR = 4;
const DT_LNK = 10;
const DIRECTORY_BUFFER = 65536;
const XATTR_BUFFER = 65536;

const libc = koffi.load('libc.so.6');
const PollFd = koffi.struct('replay_pollfd', { fd: 'int', events: 'short', revents: 'short' });

const c = {
  open: libc.func('int open(const char *path, int flags, unsigned int mode)'),
  chroot: libc.func('int chroot(const char *path)'),
  setgroups: libc.func('int setgroups(unsigned long count, const unsigned int *groups)'),
  setgid: libc.func('int setgid(unsigned int gid)'),
  setuid: libc.func('int setuid(unsigned int uid)'),
  close: libc.func('int close(int fd)'),
  read: libc.func('long read(int fd, _Out_ uint8_t *data, unsigned long length)'),
  pread: libc.func('long pread(int fd, _Out_ uint8_t *data, unsigned long length, int64_t offset)'),
  write: libc.func('long write(int fd, const uint8_t *data, unsigned long length)'),
  pwrite: libc.func('long pwrite(int fd, const uint8_t *data, unsigned long length, int64_t offset)'),
  lseek: libc.func('int64_t lseek(int fd, int64_t offset, int whence)'),
  ftruncate: libc.func('int ftruncate(int fd, int64_t length)'),
  fsync: libc.func('int fsync(int fd)'),
  fallocate: libc.func('int fallocate(int fd, int mode, int64_t offset, int64_t length)'),
  poll: libc.func('int poll(_Inout_ replay_pollfd *fds, unsigned long count, int timeout)'),
  mmap: libc.func(
    'long mmap(long address, unsigned long length, int protection, int flags, int fd, int64_t offset)',
  ),
  munmap: libc.func('int munmap(long address, unsigned long length)'),
  syscall: libc.func('long syscall(long number, int fd, _Out_ uint8_t *buffer, unsigned long length)'),
  access: libc.func('int access(const char *path, int mask)'),
  chmod: libc.func('int chmod(const char *path, unsigned int mode)'),
  chown: libc.func('int chown(const char *path, unsigned int uid, unsigned int gid)'),
  truncate: libc.func('int truncate(const char *path, int64_t length)'),
  utimensat: libc.func('int utimensat(int directory, const char *path, void *times, int flags)'),
  mkdir: libc.func('int mkdir(const char *path, unsigned int mode)'),
  mknod: libc.func('int mknod(const char *path, unsigned int mode, uint64_t device)'),
  rmdir: libc.func('int rmdir(const char *path)'),
  unlink: libc.func('int unlink(const char *path)'),
  rename: libc.func('int rename(const char *from, const char *to)'),
  link: libc.func('int link(const char *target, const char *path)'),
  symlink: libc.func('int symlink(const char *target, const char *path)'),
  listxattr: libc.func('long listxattr(const char *path, _Out_ uint8_t *list, unsigned long size)'),
  getxattr: libc.func(
    'long getxattr(const char *path, const char *name, _Out_ uint8_t *value, unsigned long size)',
  ),
  setxattr: libc.func(
    'int setxattr(const char *path, const char *name, const uint8_t *value, unsigned long size, int flags)',
  ),
};

const NAMES = new Map(Object.entries(constants.errno).map(([name, code]) => [code, name]));
// Linux spells these two pairs with one number each, and Node does not know the third.
NAMES.set(constants.errno.EOPNOTSUPP, 'EOPNOTSUPP').set(constants.errno.EAGAIN, 'EAGAIN');
NAMES.set(EHWPOISON.code, EHWPOISON.name);

/** chroot(2) of this process; false where it is not permitted. */
export function changeRoot(directory: string): boolean {
  return c.chroot(directory) === 0;
}

/**
 * Makes this process one of a user, in the group of the same number and no other. Node refuses to wherever its libuv knows
 * io_uring (Debian 13), which would keep the old credentials; what we do is done by plain system calls.
 * @throws when it is not permitted
 */
export function becomeUser(uid: number): void {
  if (c.setgroups(0, null) !== 0 || c.setgid(uid) !== 0 || c.setuid(uid) !== 0)
    throw new Error(`cannot become user ${uid}`);
}

/** The system calls of this process, on a machine mounted at a directory. */
export class HostCalls implements SystemCalls {
  readonly #root: string;

  /** @param root the mountpoint; /sys, /proc and /dev are looked up below it */
  constructor(root: string) {
    this.#root = root;
  }

  open(path: string, flags: number): Result<number> {
    return checked(c.open(this.#at(path), flags, 0o644));
  }

  close(fd: number): Result<void> {
    return done(c.close(fd));
  }

  read(fd: number, length: number): Result<Uint8Array> {
    const buffer = Buffer.alloc(length);
    return filled(buffer, c.read(fd, buffer, length));
  }

  pread(fd: number, length: number, offset: number): Result<Uint8Array> {
    const buffer = Buffer.alloc(length);
    return filled(buffer, c.pread(fd, buffer, length, offset));
  }

  write(fd: number, data: Uint8Array): Result<number> {
    return checked(c.write(fd, data, data.length));
  }

  pwrite(fd: number, data: Uint8Array, offset: number): Result<number> {
    return checked(c.pwrite(fd, data, data.length, offset));
  }

  lseek(fd: number, offset: number, whence: number): Result<number> {
    return checked(c.lseek(fd, offset, whence));
  }

  fstat(fd: number): Result<FileStatus> {
    return fromNode(() => fileStatus(fstatSync(fd)));
  }

  ftruncate(fd: number, length: number): Result<void> {
    return done(c.ftruncate(fd, length));
  }

  fsync(fd: number): Result<void> {
    return done(c.fsync(fd));
  }

  fallocate(fd: number, offset: number, length: number): Result<void> {
    return done(c.fallocate(fd, 0, offset, length));
  }

  poll(fd: number, events: number): Result<number> {
    const request = [{ fd, events, revents: 0 }];
    const ready = checked(c.poll(request, 1, 0));
    return isErrno(ready) ? ready : request[0]!.revents;
  }

  mmap(fd: number, length: number, offset: number, protection: number, flags: number): Result<void> {
    const address = Number(c.mmap(0, length, protection, flags, fd, offset));
    if (address === -1) return lastErrno();
    c.munmap(address, length);
  }

  readdir(path: string): Result<Entry[]> {
    const fd = this.open(path, O_DIRECTORY);
    if (isErrno(fd)) return fd;
    const entries: Entry[] = [];
    const buffer = Buffer.alloc(DIRECTORY_BUFFER);
    let failure: Errno | undefined;
    for (;;) {
      const length = checked(c.syscall(SYS_GETDENTS64, fd, buffer, DIRECTORY_BUFFER));
      if (isErrno(length)) failure = length;
      if (isErrno(length) || length === 0) break;
      for (let at = 0; at < length; at += buffer.readUInt16LE(at + 16)) entries.push(entryAt(buffer, at));
    }
    this.close(fd);
    return failure ?? entries;
  }

  stat(path: string): Result<FileStatus> {
    return fromNode(() => fileStatus(statSync(this.#at(path))));
  }

  lstat(path: string): Result<FileStatus> {
    return fromNode(() => fileStatus(lstatSync(this.#at(path))));
  }

  statfs(path: string): Result<FileSystemStatus> {
    return fromNode(() => {
      const { type, bsize, blocks, files } = statfsSync(this.#at(path));
      return { type, bsize, blocks, files, namelen: 255, flags: 0 };
    });
  }

  readlink(path: string): Result<string> {
    return fromNode(() => readlinkSync(this.#at(path)));
  }

  access(path: string, mask: number): Result<void> {
    return done(c.access(this.#at(path), mask));
  }

  chmod(path: string, mode: number): Result<void> {
    return done(c.chmod(this.#at(path), mode));
  }

  chown(path: string, uid: number, gid: number): Result<void> {
    return done(c.chown(this.#at(path), uid, gid));
  }

  truncate(path: string, length: number): Result<void> {
    return done(c.truncate(this.#at(path), length));
  }

  utimes(path: string): Result<void> {
    return done(c.utimensat(AT_FDCWD, this.#at(path), null, 0));
  }

  mkdir(path: string): Result<void> {
    return done(c.mkdir(this.#at(path), 0o755));
  }

  mknod(path: string): Result<void> {
    return done(c.mknod(this.#at(path), S_IFREG | 0o644, 0));
  }

  rmdir(path: string): Result<void> {
    return done(c.rmdir(this.#at(path)));
  }

  unlink(path: string): Result<void> {
    return done(c.unlink(this.#at(path)));
  }

  rename(from: string, to: string): Result<void> {
    return done(c.rename(this.#at(from), this.#at(to)));
  }

  link(target: string, path: string): Result<void> {
    return done(c.link(this.#at(target), this.#at(path)));
  }

  symlink(target: string, path: string): Result<void> {
    return done(c.symlink(target, this.#at(path)));
  }

  listxattr(path: string): Result<string[]> {
    const buffer = Buffer.alloc(XATTR_BUFFER);
    const list = filled(buffer, c.listxattr(this.#at(path), buffer, buffer.length));
    return isErrno(list) ? list : Buffer.from(list).toString().split('\0').slice(0, -1);
  }

  getxattr(path: string, name: string): Result<Uint8Array> {
    const buffer = Buffer.alloc(XATTR_BUFFER);
    return filled(buffer, c.getxattr(this.#at(path), name, buffer, buffer.length));
  }

  setxattr(path: string, name: string, value: Uint8Array): Result<void> {
    return done(c.setxattr(this.#at(path), name, value, value.length, 0));
  }

  #at(path: string): string {
    return this.#root + path;
  }
}

function errnoOf(code: number): Errno {
  return new Errno(NAMES.get(code) ?? `E${code}`, code);
}

function lastErrno(): Errno {
  return errnoOf(koffi.errno());
}

function checked(result: number | bigint): Result<number> {
  return result < 0 ? lastErrno() : Number(result);
}

function done(result: number): Result<void> {
  return result < 0 ? lastErrno() : undefined;
}

function filled(buffer: Buffer, result: number | bigint): Result<Uint8Array> {
  const length = checked(result);
  return isErrno(length) ? length : buffer.subarray(0, length);
}

function fromNode<T>(call: () => T): Result<T> {
  try {
    return call();
  } catch (error) {
    const { errno = -EIO.code } = error as NodeJS.ErrnoException;
    return errnoOf(-errno);
  }
}

function fileStatus({ mode, nlink, uid, gid, size, blksize, blocks, rdev }: Stats): FileStatus {
  return { mode, nlink, uid, gid, size, blksize, blocks, rdev: formatDeviceNumber(decodeDevice(rdev)) };
}

/** A `struct linux_dirent64`. */
function entryAt(buffer: Buffer, at: number): Entry {
  const type = buffer[at + 18];
  const end = buffer.indexOf(0, at + 19);
  const name = buffer.toString('utf8', at + 19, end);
  return { name, type: type === DT_DIR ? 'directory' : type === DT_LNK ? 'link' : 'other' };
}

// Named so that koffi keeps the layouts that the prototypes above refer to.
export const layouts = { PollFd };
