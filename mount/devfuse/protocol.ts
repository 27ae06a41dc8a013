/** The FUSE kernel interface, include/uapi/linux/fuse.h: numbers and layouts, nothing that acts. */

export const FUSE_KERNEL_VERSION = 7;
/** The newest minor version whose changes were looked at; the kernel takes the lower of its own and this. */
export const FUSE_KERNEL_MINOR_VERSION = 45;
/** Linux 5.4: the oldest with FUSE_MAX_PAGES, explicit invalidation and all layouts below. */
export const OLDEST_MINOR_VERSION = 31;
export const FUSE_ROOT_ID = 1;

export const FUSE_ASYNC_READ = 1 << 0;
export const FUSE_ATOMIC_O_TRUNC = 1 << 3;
export const FUSE_BIG_WRITES = 1 << 5;
export const FUSE_DO_READDIRPLUS = 1 << 13;
export const FUSE_PARALLEL_DIROPS = 1 << 18;
export const FUSE_MAX_PAGES = 1 << 22;
export const FUSE_CACHE_SYMLINKS = 1 << 23;
export const FUSE_EXPLICIT_INVAL_DATA = 1 << 25;
export const FUSE_HANDLE_KILLPRIV_V2 = 1 << 28;

export const FOPEN_DIRECT_IO = 1 << 0;
export const FOPEN_KEEP_CACHE = 1 << 1;
export const FOPEN_NOFLUSH = 1 << 5;

export const FATTR_MODE = 1 << 0;
export const FATTR_UID = 1 << 1;
export const FATTR_GID = 1 << 2;
export const FATTR_SIZE = 1 << 3;
export const FATTR_ATIME = 1 << 4;
export const FATTR_MTIME = 1 << 5;
export const FATTR_ATIME_NOW = 1 << 7;
export const FATTR_MTIME_NOW = 1 << 8;

export const FUSE_POLL_SCHEDULE_NOTIFY = 1 << 0;
/** The kernel sends it with what read(2) asks, and not for a page. */
export const FUSE_READ_LOCKOWNER = 1 << 1;

export const FUSE_NOTIFY_POLL = 1;
export const FUSE_NOTIFY_INVAL_INODE = 2;
export const FUSE_NOTIFY_INVAL_ENTRY = 3;
/** Of INVAL_ENTRY: the name is looked up before it is used again, and stays what it is until then. Linux 6.2 and newer. */
export const FUSE_EXPIRE_ONLY = 1 << 0;
export const FUSE_NOTIFY_STORE = 4;

export const OPCODES = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  SETATTR: 4,
  READLINK: 5,
  SYMLINK: 6,
  MKNOD: 8,
  MKDIR: 9,
  UNLINK: 10,
  RMDIR: 11,
  RENAME: 12,
  LINK: 13,
  OPEN: 14,
  READ: 15,
  WRITE: 16,
  STATFS: 17,
  RELEASE: 18,
  FSYNC: 20,
  SETXATTR: 21,
  GETXATTR: 22,
  LISTXATTR: 23,
  REMOVEXATTR: 24,
  FLUSH: 25,
  INIT: 26,
  OPENDIR: 27,
  READDIR: 28,
  RELEASEDIR: 29,
  FSYNCDIR: 30,
  GETLK: 31,
  SETLK: 32,
  SETLKW: 33,
  ACCESS: 34,
  CREATE: 35,
  INTERRUPT: 36,
  BMAP: 37,
  DESTROY: 38,
  IOCTL: 39,
  POLL: 40,
  NOTIFY_REPLY: 41,
  BATCH_FORGET: 42,
  FALLOCATE: 43,
  READDIRPLUS: 44,
  RENAME2: 45,
  LSEEK: 46,
  COPY_FILE_RANGE: 47,
  SYNCFS: 50,
  TMPFILE: 51,
  STATX: 52,
} as const;

export type Operation = keyof typeof OPCODES;
/** One more than the largest opcode that is counted by name. */
export const OPCODE_LIMIT = 64;

const u32 = 1;
const u64 = 2;

export interface Layout<Field extends string> {
  /** Where a field begins, in 32-bit words from the start of the structure. */
  readonly at: Readonly<Record<Field, number>>;
  readonly bytes: number;
}

/** A C structure of 32-bit and 64-bit members, in the order of the header file. */
function struct<Field extends string>(
  fields: Readonly<Record<Field, typeof u32 | typeof u64>>,
): Layout<Field> {
  let words = 0;
  const at = {} as Record<Field, number>;
  for (const field in fields) {
    at[field] = words;
    words += fields[field];
  }
  return { at, bytes: words * 4 };
}

/** `total_extlen` and its padding are one word here. */
export const InHeader = struct({
  len: u32,
  opcode: u32,
  unique: u64,
  nodeid: u64,
  uid: u32,
  gid: u32,
  pid: u32,
  extensions: u32,
});
export const OutHeader = struct({ len: u32, error: u32, unique: u64 });

export const InitIn = struct({ major: u32, minor: u32, maxReadahead: u32, flags: u32 });
/** Pairs of 16-bit members are one word: max_background and congestion_threshold, max_pages and map_alignment. */
export const InitOut = struct({
  major: u32,
  minor: u32,
  maxReadahead: u32,
  flags: u32,
  background: u32,
  maxWrite: u32,
  timeGran: u32,
  maxPages: u32,
  flags2: u32,
  maxStackDepth: u32,
  unused: u64,
  unused2: u64,
  unused3: u64,
});

export const Attr = struct({
  ino: u64,
  size: u64,
  blocks: u64,
  atime: u64,
  mtime: u64,
  ctime: u64,
  atimensec: u32,
  mtimensec: u32,
  ctimensec: u32,
  mode: u32,
  nlink: u32,
  uid: u32,
  gid: u32,
  rdev: u32,
  blksize: u32,
  flags: u32,
});
export const AttrOut = struct({ attrValid: u64, attrValidNsec: u32, dummy: u32 });
export const EntryOut = struct({
  nodeid: u64,
  generation: u64,
  entryValid: u64,
  attrValid: u64,
  entryValidNsec: u32,
  attrValidNsec: u32,
});
export const SetattrIn = struct({
  valid: u32,
  padding: u32,
  fh: u64,
  size: u64,
  lockOwner: u64,
  atime: u64,
  mtime: u64,
  ctime: u64,
  atimensec: u32,
  mtimensec: u32,
  ctimensec: u32,
  mode: u32,
  unused4: u32,
  uid: u32,
  gid: u32,
  unused5: u32,
});

export const ForgetIn = struct({ nlookup: u64 });
export const BatchForgetIn = struct({ count: u32, dummy: u32 });
export const ForgetOne = struct({ nodeid: u64, nlookup: u64 });

export const MknodIn = struct({ mode: u32, rdev: u32, umask: u32, padding: u32 });
export const MkdirIn = struct({ mode: u32, umask: u32 });
export const RenameIn = struct({ newdir: u64 });
export const Rename2In = struct({ newdir: u64, flags: u32, padding: u32 });
export const LinkIn = struct({ oldnodeid: u64 });
export const AccessIn = struct({ mask: u32, padding: u32 });

export const OpenIn = struct({ flags: u32, openFlags: u32 });
export const CreateIn = struct({ flags: u32, mode: u32, umask: u32, openFlags: u32 });
export const OpenOut = struct({ fh: u64, openFlags: u32, padding: u32 });
export const ReleaseIn = struct({ fh: u64, flags: u32, releaseFlags: u32, lockOwner: u64 });
export const FsyncIn = struct({ fh: u64, fsyncFlags: u32, padding: u32 });
export const ReadIn = struct({
  fh: u64,
  offset: u64,
  size: u32,
  readFlags: u32,
  lockOwner: u64,
  flags: u32,
  padding: u32,
});
export const WriteIn = struct({
  fh: u64,
  offset: u64,
  size: u32,
  writeFlags: u32,
  lockOwner: u64,
  flags: u32,
  padding: u32,
});
export const WriteOut = struct({ size: u32, padding: u32 });
export const LseekIn = struct({ fh: u64, offset: u64, whence: u32, padding: u32 });
export const LseekOut = struct({ offset: u64 });
export const PollIn = struct({ fh: u64, kh: u64, flags: u32, events: u32 });
export const PollOut = struct({ revents: u32, padding: u32 });
export const InterruptIn = struct({ unique: u64 });

export const StatfsOut = struct({
  blocks: u64,
  bfree: u64,
  bavail: u64,
  files: u64,
  ffree: u64,
  bsize: u32,
  namelen: u32,
  frsize: u32,
  padding: u32,
  spare: u64,
  spare2: u64,
  spare3: u64,
});

/** FUSE_COMPAT_SETXATTR_IN_SIZE: what is sent without FUSE_SETXATTR_EXT. */
export const SetxattrIn = struct({ size: u32, flags: u32 });
export const GetxattrIn = struct({ size: u32, padding: u32 });
export const GetxattrOut = struct({ size: u32, padding: u32 });

/** A name follows, and padding to 8 bytes. */
export const Dirent = struct({ ino: u64, off: u64, namelen: u32, type: u32 });

export const NotifyPollWakeupOut = struct({ kh: u64 });
export const NotifyInvalInodeOut = struct({ ino: u64, off: u64, len: u64 });
/** A name with its NUL follows. */
export const NotifyInvalEntryOut = struct({ parent: u64, namelen: u32, flags: u32 });
/** The data follows. */
export const NotifyStoreOut = struct({ nodeid: u64, offset: u64, size: u32, padding: u32 });
