import type { Result } from '../lib/errno.ts';
import type { DeviceNumber } from '../lib/stat.ts';

/** Who asks: the credentials of the process behind a request. uid 0 has every capability. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
  /** The name of the process, for log lines that tell it. */
  readonly comm?: string;
  /**
   * A kernel passed the request on and compared owner and mode bits before, with all groups and capabilities of the process,
   * which are not told here. What sysfs refuses on top of that is still refused.
   */
  readonly admitted?: boolean;
  /** Whether the process has CAP_SYS_ADMIN, where that can be told; who is uid 0 has it otherwise. */
  readonly sysAdmin?: boolean;
}

export const KERNEL: Caller = Object.freeze({ uid: 0, gid: 0, pid: 0 });

/** What stat(2) tells. `mode` has the type bits; times are nanoseconds since the epoch. */
export interface Stat {
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly rdev: DeviceNumber;
  readonly atime: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
}

export interface StatChange {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** truncate(2): accepted and without effect on attributes. */
  readonly size?: number;
  /** Nanoseconds since the epoch, or `now`. */
  readonly atime?: bigint | 'now';
  readonly mtime?: bigint | 'now';
}

/** include/uapi/linux/limits.h: bytes. */
export const NAME_MAX = 255;

export interface StatFs {
  readonly blockSize: number;
  readonly maxNameLength: number;
}

/** A file of the tree, with an identity that ends with the object: a re-created object is a new inode. */
export interface Inode {
  /** Unique in one file system and never used again. At least 1. */
  readonly ino: number;
  /** S_IFDIR, S_IFREG, S_IFLNK, S_IFCHR or S_IFBLK. */
  readonly type: number;
  /** The object behind it is gone; open files answer ENODEV. */
  readonly removed: boolean;
  /** Its content stays what it is until `inodeChanged` tells otherwise, so that a transport may keep it. */
  readonly cacheable: boolean;
  /** Its content may be mapped and cached by pages, like an ordinary file's, and changes in other ways than through it. */
  readonly paged: boolean;
  /** Its size and times change without a report. */
  readonly attributesVary: boolean;
}

/** Answered by a read that has nothing to say yet: ask again after the `onWake` callback, or give up with EINTR. */
export const PENDING: unique symbol = Symbol('pending');
export type Pending = typeof PENDING;

/** What mmap(2) was asked for. `start` is the address that the mapping would get. */
export interface MapRequest {
  readonly start: bigint;
  readonly length: bigint;
  readonly offset: bigint;
  readonly protection: number;
  readonly flags: number;
}

export interface OpenFile {
  /**
   * At most `length` bytes at `offset`; empty at the end.
   * @param paged for a page, which less would end, and not for read(2)
   */
  read(offset: number, length: number, paged?: boolean): Result<Uint8Array> | Pending;
  /** The count taken, which may be less than given, or 0. Text attributes ignore `offset`. */
  write(offset: number, data: Uint8Array): Result<number>;
  /** POLL* bits that are ready now. */
  poll(): number;
  /** Calls back each time that `poll` or a pending read may have a new answer, until the returned function is called. */
  onWake(callback: () => void): () => void;
  /** Sets the position of a file that has one of its own; where it is missing, a position is just a number. */
  lseek?(offset: number, whence: number): Result<number>;
  /** mmap(2) of a character device: the checks of its driver. */
  mmap?(request: MapRequest): Result<undefined>;
  /** The content is a stream: offsets have no meaning and the end is never reached. */
  readonly stream?: boolean;
  /** There is no fsync method: fsync(2) is EINVAL. */
  readonly unsyncable?: boolean;
  /** O_DIRECT is understood (FMODE_CAN_ODIRECT); otherwise opening with it is EINVAL. */
  readonly direct?: boolean;
  release(): void;
}

export interface DirectoryEntry {
  readonly name: string;
  /** The inode number; of a child that nobody looked up yet, its name hash. */
  readonly ino: number;
  /** S_IF*. */
  readonly type: number;
  /** Where a listing goes on after this entry (`d_off`). */
  readonly next: number;
}

/** A position in a directory, in the kernel's hash order, `.` and `..` first. */
export interface OpenDirectory {
  /** Goes to offset 0 or to an entry's `next`. */
  seek(offset: number): void;
  /** The entry at the position; undefined at the end. */
  peek(): DirectoryEntry | undefined;
  advance(): void;
}

/** What changed in the tree, for transports that let the kernel cache. */
export interface TreeListener {
  /** A name came, went, or now means another inode. */
  entryChanged(directory: Inode, name: string): void;
  /** The content or the attributes of an inode changed. */
  inodeChanged(inode: Inode): void;
  /** setattr set mode, owner or times. Whoever asked for it knows, so a transport needs not be told. */
  attributesSet?(inode: Inode): void;
}

/**
 * The machine's files as the VFS sees them: every transport calls this and nothing else.
 * All calls are synchronous and never throw; a bug inside a handler is reported and answered with EIO.
 */
export interface FileSystem {
  readonly root: Inode;
  lookup(parent: Inode, name: string): Result<Inode>;
  getattr(inode: Inode): Stat;
  setattr(inode: Inode, change: StatChange, caller: Caller): Result<Stat>;
  /** access(2): plain permission bits, also where open would refuse. `mask` of R_OK, W_OK, X_OK. */
  access(inode: Inode, mask: number, caller: Caller): Result<void>;
  readlink(inode: Inode): Result<string>;
  open(inode: Inode, flags: number, caller: Caller): Result<OpenFile>;
  opendir(inode: Inode, caller: Caller): Result<OpenDirectory>;
  create(
    parent: Inode,
    name: string,
    flags: number,
    mode: number,
    caller: Caller,
  ): Result<{ inode: Inode; file: OpenFile }>;
  mkdir(parent: Inode, name: string, mode: number, caller: Caller): Result<Inode>;
  mknod(parent: Inode, name: string, mode: number, rdev: DeviceNumber, caller: Caller): Result<Inode>;
  symlink(parent: Inode, name: string, target: string, caller: Caller): Result<Inode>;
  link(inode: Inode, parent: Inode, name: string, caller: Caller): Result<Inode>;
  unlink(parent: Inode, name: string, caller: Caller): Result<void>;
  rmdir(parent: Inode, name: string, caller: Caller): Result<void>;
  rename(
    parent: Inode,
    name: string,
    newParent: Inode,
    newName: string,
    flags: number,
    caller: Caller,
  ): Result<void>;
  statfs(inode: Inode): StatFs;
  getxattr(inode: Inode, name: string): Result<Uint8Array>;
  setxattr(inode: Inode, name: string, value: Uint8Array, flags: number, caller: Caller): Result<void>;
  listxattr(inode: Inode): string[];
  removexattr(inode: Inode, name: string, caller: Caller): Result<void>;
  subscribe(listener: TreeListener): () => void;
}
