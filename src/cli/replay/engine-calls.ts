import {
  type Caller,
  type FileSystem,
  type Inode,
  type OpenFile,
  PENDING,
  type Stat,
} from '../../fs/file-system.ts';
import {
  EACCES,
  EAGAIN,
  EBADF,
  EEXIST,
  EINVAL,
  EISDIR,
  ENODEV,
  ENOENT,
  ENOTDIR,
  ENXIO,
  EOPNOTSUPP,
  ESPIPE,
  isErrno,
  type Result,
} from '../../lib/errno.ts';
import {
  formatDeviceNumber,
  O_ACCMODE,
  O_CREAT,
  O_DIRECT,
  O_DIRECTORY,
  O_EXCL,
  O_RDONLY,
  O_WRONLY,
  POLLERR,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
} from '../../lib/stat.ts';
import { ELOOP, PathWalker, type Place } from './path-walk.ts';
import {
  type Entry,
  type FileStatus,
  type FileSystemStatus,
  MAP_PRIVATE,
  MAP_SYNC,
  openFlags,
  PROT_WRITE,
  type SystemCalls,
} from './system-calls.ts';

const PAGE_SIZE = 4096;
const POLLHUP = 0x10;
const SEEK_CUR = 1;
const SEEK_END = 2;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const MAP_TYPE = 0xf;
const GIB = 1n << 30n;
/** Where mappings go, and, as dax_get_unmapped_area arranges, as far behind an aligned address as their offset is. */
const MAP_ADDRESS = 0x7f00_0000_0000n;

interface Descriptor {
  readonly inode: Inode;
  /** Absent for directories and O_PATH. */
  readonly file: OpenFile | undefined;
  readonly flags: number;
  position: number;
}

/** The system calls straight on the engine's {@link FileSystem}: what fs/ of a kernel does above a file system. */
export class EngineCalls implements SystemCalls {
  readonly #fileSystem: FileSystem;
  readonly #caller: Caller;
  readonly #walker: PathWalker;
  readonly #descriptors = new Map<number, Descriptor>();
  #nextDescriptor = 3;

  constructor(fileSystem: FileSystem, caller: Caller) {
    this.#fileSystem = fileSystem;
    this.#caller = caller;
    this.#walker = new PathWalker(fileSystem, caller);
  }

  open(path: string, flags: number): Result<number> {
    const place = this.#locate(path, !(flags & (openFlags.O_NOFOLLOW! | O_EXCL)));
    if (isErrno(place)) return place;
    const { inode } = place;
    if (isErrno(inode)) {
      if (inode !== ENOENT || !(flags & O_CREAT)) return inode;
      const made = this.#fileSystem.create(place.parent, place.name, flags, 0o644, this.#caller);
      return isErrno(made) ? made : this.#install(made.inode, made.file, flags);
    }
    if (flags & openFlags.O_PATH!) return this.#install(inode, undefined, flags);
    if (flags & O_CREAT && flags & O_EXCL) return EEXIST;
    if (inode.type === S_IFLNK) return ELOOP;
    if (flags & O_DIRECTORY && inode.type !== S_IFDIR) return ENOTDIR;
    if (inode.type === S_IFDIR) {
      if (flags & (O_ACCMODE | O_CREAT)) return EISDIR;
      const directory = this.#fileSystem.opendir(inode, this.#caller);
      return isErrno(directory) ? directory : this.#install(inode, undefined, flags);
    }
    const file = this.#fileSystem.open(inode, flags, this.#caller);
    if (isErrno(file)) return file;
    // do_dentry_open: no file here has FMODE_CAN_ODIRECT.
    if (flags & O_DIRECT) {
      file.release();
      return EINVAL;
    }
    return this.#install(inode, file, flags);
  }

  close(fd: number): Result<void> {
    const descriptor = this.#descriptors.get(fd);
    if (!descriptor) return EBADF;
    this.#descriptors.delete(fd);
    descriptor.file?.release();
  }

  read(fd: number, length: number): Result<Uint8Array> {
    const descriptor = this.#readable(fd);
    if (isErrno(descriptor)) return descriptor;
    const bytes = this.#readAt(descriptor, length, descriptor.position);
    if (!isErrno(bytes)) descriptor.position += bytes.length;
    return bytes;
  }

  pread(fd: number, length: number, offset: number): Result<Uint8Array> {
    if (offset < 0) return EINVAL;
    const descriptor = this.#readable(fd);
    return isErrno(descriptor) ? descriptor : this.#readAt(descriptor, length, offset);
  }

  write(fd: number, data: Uint8Array): Result<number> {
    const descriptor = this.#descriptors.get(fd);
    if (!descriptor?.file || !mayWrite(descriptor)) return EBADF;
    const count = descriptor.file.write(descriptor.position, data);
    if (!isErrno(count)) descriptor.position += count;
    return count;
  }

  pwrite(fd: number, data: Uint8Array, offset: number): Result<number> {
    if (offset < 0) return EINVAL;
    const descriptor = this.#descriptors.get(fd);
    if (!descriptor?.file) return EBADF;
    // seq_open clears FMODE_PWRITE of a file that is open for reading only.
    if (!mayWrite(descriptor)) return descriptor.inode.type === S_IFREG ? ESPIPE : EBADF;
    return descriptor.file.write(offset, data);
  }

  lseek(fd: number, offset: number, whence: number): Result<number> {
    const descriptor = this.#descriptors.get(fd);
    if (!descriptor || descriptor.flags & openFlags.O_PATH!) return EBADF;
    const target = this.#seekTarget(descriptor, offset, whence);
    if (!isErrno(target)) descriptor.position = target;
    return target;
  }

  fstat(fd: number): Result<FileStatus> {
    const descriptor = this.#descriptors.get(fd);
    return descriptor ? fileStatus(this.#fileSystem.getattr(descriptor.inode)) : EBADF;
  }

  ftruncate(fd: number, length: number): Result<void> {
    const descriptor = this.#descriptors.get(fd);
    if (!descriptor) return EBADF;
    if (!mayWrite(descriptor) || descriptor.inode.type !== S_IFREG) return EINVAL;
    return this.#set(descriptor.inode, { size: length });
  }

  fsync(fd: number): Result<void> {
    const descriptor = this.#descriptors.get(fd);
    if (!descriptor) return EBADF;
    return descriptor.inode.type === S_IFREG || descriptor.inode.type === S_IFDIR ? undefined : EINVAL;
  }

  fallocate(fd: number): Result<void> {
    const descriptor = this.#descriptors.get(fd);
    if (!descriptor || !mayWrite(descriptor)) return EBADF;
    return descriptor.inode.type === S_IFREG ? EOPNOTSUPP : ENODEV;
  }

  poll(fd: number, events: number): Result<number> {
    const file = this.#descriptors.get(fd)?.file;
    return file ? file.poll() & (events | POLLERR | POLLHUP) : EBADF;
  }

  /** mm/mmap.c `do_mmap`: what is refused before the driver is asked, in the kernel's order. */
  mmap(fd: number, length: number, offset: number, protection: number, flags: number): Result<void> {
    if (offset % PAGE_SIZE !== 0) return EINVAL;
    const descriptor = this.#descriptors.get(fd);
    if (!descriptor?.file) return EBADF;
    if (length === 0) return EINVAL;
    if (flags & MAP_SYNC && descriptor.inode.type === S_IFREG) return EOPNOTSUPP;
    const shared = (flags & MAP_TYPE) !== MAP_PRIVATE;
    if (shared && protection & PROT_WRITE && !mayWrite(descriptor)) return EACCES;
    if (!mayRead(descriptor)) return EACCES;
    if (!descriptor.file.mmap) return ENODEV;
    const pages = Math.ceil(length / PAGE_SIZE);
    return descriptor.file.mmap({
      start: MAP_ADDRESS + (BigInt(offset) % GIB),
      length: BigInt(pages * PAGE_SIZE),
      offset: BigInt(offset),
      protection,
      flags,
    });
  }

  readdir(path: string): Result<Entry[]> {
    const inode = this.#walk(path);
    if (isErrno(inode)) return inode;
    const cursor = this.#fileSystem.opendir(inode, this.#caller);
    if (isErrno(cursor)) return cursor;
    const entries: Entry[] = [];
    cursor.seek(0);
    for (let entry = cursor.peek(); entry; entry = cursor.peek()) {
      const type = entry.type === S_IFDIR ? 'directory' : entry.type === S_IFLNK ? 'link' : 'other';
      entries.push({ name: entry.name, type });
      cursor.advance();
    }
    return entries;
  }

  stat(path: string): Result<FileStatus> {
    return this.#on(path, true, inode => fileStatus(this.#fileSystem.getattr(inode)));
  }

  lstat(path: string): Result<FileStatus> {
    return this.#on(path, false, inode => fileStatus(this.#fileSystem.getattr(inode)));
  }

  /** The magic number and the mount flags are the mount's, not the file system's. */
  statfs(path: string): Result<FileSystemStatus> {
    return this.#on(path, true, inode => {
      const { blockSize, maxNameLength } = this.#fileSystem.statfs(inode);
      return { type: 0, bsize: blockSize, namelen: maxNameLength, flags: 0, blocks: 0, files: 0 };
    });
  }

  readlink(path: string): Result<string> {
    return this.#on(path, false, inode => this.#fileSystem.readlink(inode));
  }

  access(path: string, mask: number): Result<void> {
    return this.#on(path, true, inode => this.#fileSystem.access(inode, mask, this.#caller));
  }

  chmod(path: string, mode: number): Result<void> {
    return this.#on(path, true, inode => this.#set(inode, { mode }));
  }

  chown(path: string, uid: number, gid: number): Result<void> {
    return this.#on(path, true, inode => this.#set(inode, { uid, gid }));
  }

  truncate(path: string, length: number): Result<void> {
    return this.#on(path, true, inode => {
      if (inode.type === S_IFDIR) return EISDIR;
      return inode.type === S_IFREG ? this.#set(inode, { size: length }) : EINVAL;
    });
  }

  utimes(path: string): Result<void> {
    return this.#on(path, true, inode => this.#set(inode, { atime: 1_000_000_000n, mtime: 1_000_000_000n }));
  }

  mkdir(path: string): Result<void> {
    return this.#make(path, (parent, name) => this.#fileSystem.mkdir(parent, name, 0o755, this.#caller));
  }

  mknod(path: string): Result<void> {
    const rdev = { major: 0, minor: 0 };
    return this.#make(path, (parent, name) =>
      this.#fileSystem.mknod(parent, name, S_IFREG | 0o644, rdev, this.#caller),
    );
  }

  symlink(target: string, path: string): Result<void> {
    return this.#make(path, (parent, name) => this.#fileSystem.symlink(parent, name, target, this.#caller));
  }

  link(target: string, path: string): Result<void> {
    return this.#on(target, false, inode =>
      this.#make(path, (parent, name) => this.#fileSystem.link(inode, parent, name, this.#caller)),
    );
  }

  rmdir(path: string): Result<void> {
    const place = this.#locate(path, false);
    return isErrno(place) ? place : this.#fileSystem.rmdir(place.parent, place.name, this.#caller);
  }

  unlink(path: string): Result<void> {
    const place = this.#locate(path, false);
    return isErrno(place) ? place : this.#fileSystem.unlink(place.parent, place.name, this.#caller);
  }

  rename(from: string, to: string): Result<void> {
    const source = this.#locate(from, false);
    if (isErrno(source)) return source;
    const target = this.#locate(to, false);
    if (isErrno(target)) return target;
    return this.#fileSystem.rename(source.parent, source.name, target.parent, target.name, 0, this.#caller);
  }

  listxattr(path: string): Result<string[]> {
    return this.#on(path, true, inode => this.#fileSystem.listxattr(inode));
  }

  getxattr(path: string, name: string): Result<Uint8Array> {
    return this.#on(path, true, inode => this.#fileSystem.getxattr(inode, name));
  }

  setxattr(path: string, name: string, value: Uint8Array): Result<void> {
    return this.#on(path, true, inode => this.#fileSystem.setxattr(inode, name, value, 0, this.#caller));
  }

  #install(inode: Inode, file: OpenFile | undefined, flags: number): number {
    const fd = this.#nextDescriptor++;
    this.#descriptors.set(fd, { inode, file, flags, position: 0 });
    return fd;
  }

  #readable(fd: number): Result<Descriptor> {
    const descriptor = this.#descriptors.get(fd);
    if (!descriptor || descriptor.flags & openFlags.O_PATH! || !mayRead(descriptor)) return EBADF;
    return descriptor.file ? descriptor : EISDIR;
  }

  #readAt(descriptor: Descriptor, length: number, offset: number): Result<Uint8Array> {
    const bytes = descriptor.file!.read(offset, length);
    return bytes === PENDING ? EAGAIN : bytes;
  }

  #seekTarget({ inode, file, position }: Descriptor, offset: number, whence: number): Result<number> {
    if (whence > SEEK_HOLE || whence < 0) return EINVAL;
    if (whence === SEEK_DATA || whence === SEEK_HOLE) {
      const { size } = this.#fileSystem.getattr(inode);
      if (offset < 0 || offset >= size) return ENXIO;
      return whence === SEEK_DATA ? offset : size;
    }
    const base = whence === SEEK_CUR ? position : 0;
    if (file?.lseek) return file.lseek(base + offset, whence === SEEK_END ? SEEK_END : 0);
    const end = whence === SEEK_END ? this.#fileSystem.getattr(inode).size : base;
    return end + offset < 0 ? EINVAL : end + offset;
  }

  #locate(path: string, follow: boolean): Result<Place> {
    return this.#walker.locate(path, follow);
  }

  #walk(path: string): Result<Inode> {
    const place = this.#locate(path, true);
    return isErrno(place) ? place : place.inode;
  }

  #on<T>(path: string, follow: boolean, use: (inode: Inode) => Result<T>): Result<T> {
    const place = this.#locate(path, follow);
    if (isErrno(place)) return place;
    return isErrno(place.inode) ? place.inode : use(place.inode);
  }

  #make(path: string, make: (parent: Inode, name: string) => Result<Inode>): Result<void> {
    const place = this.#locate(path, false);
    if (isErrno(place)) return place;
    if (!isErrno(place.inode)) return EEXIST;
    const made = make(place.parent, place.name);
    return isErrno(made) ? made : undefined;
  }

  #set(inode: Inode, change: Parameters<FileSystem['setattr']>[1]): Result<void> {
    const result = this.#fileSystem.setattr(inode, change, this.#caller);
    return isErrno(result) ? result : undefined;
  }
}

function mayRead({ flags }: Descriptor): boolean {
  return (flags & O_ACCMODE) !== O_WRONLY;
}

function mayWrite({ flags }: Descriptor): boolean {
  return (flags & O_ACCMODE) !== O_RDONLY && !(flags & openFlags.O_PATH!);
}

function fileStatus({ mode, nlink, uid, gid, size, rdev }: Stat): FileStatus {
  return { mode, nlink, uid, gid, size, blksize: PAGE_SIZE, blocks: 0, rdev: formatDeviceNumber(rdev) };
}
