import {
  type Caller,
  type FileSystem,
  type Inode,
  type OpenFile,
  PENDING,
  type Stat,
} from '../../kernel/fs/file-system.ts';
import {
  EACCES,
  EAGAIN,
  EBADF,
  EINVAL,
  EISDIR,
  ENODEV,
  ENXIO,
  EOPNOTSUPP,
  ESPIPE,
  isErrno,
  type Result,
} from '../../kernel/lib/errno.ts';
import { MAP_PRIVATE, MAP_SYNC, MAP_TYPE, PROT_WRITE } from '../../kernel/lib/mman.ts';
import { PAGE_SIZE } from '../../kernel/lib/page.ts';
import {
  formatDeviceNumber,
  O_ACCMODE,
  O_PATH,
  O_RDONLY,
  O_WRONLY,
  POLLERR,
  POLLHUP,
  S_IFDIR,
  S_IFREG,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
} from '../../kernel/lib/stat.ts';
import type { FileStatus } from '../system-calls.ts';

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

/** The descriptors of one process, and the system calls on them. */
export class EngineDescriptors {
  readonly #fileSystem: FileSystem;
  readonly #caller: Caller;
  readonly #descriptors = new Map<number, Descriptor>();
  #nextDescriptor = 3;

  constructor(fileSystem: FileSystem, caller: Caller) {
    this.#fileSystem = fileSystem;
    this.#caller = caller;
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
    if (!descriptor || descriptor.flags & O_PATH) return EBADF;
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
    const result = this.#fileSystem.setattr(descriptor.inode, { size: length }, this.#caller);
    return isErrno(result) ? result : undefined;
  }

  fsync(fd: number): Result<void> {
    const descriptor = this.#descriptors.get(fd);
    if (!descriptor) return EBADF;
    if (descriptor.file?.unsyncable) return EINVAL;
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

  protected install(inode: Inode, file: OpenFile | undefined, flags: number): number {
    const fd = this.#nextDescriptor++;
    this.#descriptors.set(fd, { inode, file, flags, position: 0 });
    return fd;
  }

  #readable(fd: number): Result<Descriptor> {
    const descriptor = this.#descriptors.get(fd);
    if (!descriptor || descriptor.flags & O_PATH || !mayRead(descriptor)) return EBADF;
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
    if (file?.lseek) return file.lseek(base + offset, whence === SEEK_END ? SEEK_END : SEEK_SET);
    const end = whence === SEEK_END ? this.#fileSystem.getattr(inode).size : base;
    return end + offset < 0 ? EINVAL : end + offset;
  }
}

function mayRead({ flags }: Descriptor): boolean {
  return (flags & O_ACCMODE) !== O_WRONLY;
}

function mayWrite({ flags }: Descriptor): boolean {
  return (flags & O_ACCMODE) !== O_RDONLY && !(flags & O_PATH);
}

export function fileStatus({ mode, nlink, uid, gid, size, rdev }: Stat): FileStatus {
  return { mode, nlink, uid, gid, size, blksize: PAGE_SIZE, blocks: 0, rdev: formatDeviceNumber(rdev) };
}
