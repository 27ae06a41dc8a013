import { type Errno, isErrno, type Result } from '../kernel/lib/errno.ts';
import { prefixedHex } from '../kernel/lib/format.ts';
import {
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_SYNC,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from '../kernel/lib/mman.ts';
import {
  POLLERR,
  POLLIN,
  POLLOUT,
  POLLPRI,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  SEEK_SET,
} from '../kernel/lib/stat.ts';
import { type FileStatus, openFlags, type SystemCalls } from '../user/system-calls.ts';
import type { Observation, Step } from './step.ts';

const READ_SIZE = 65536;
const POLL_EVENTS = POLLIN | POLLPRI | POLLOUT | POLLERR;
const TYPES: Readonly<Record<number, string>> = {
  [S_IFREG]: 'reg',
  [S_IFDIR]: 'dir',
  [S_IFLNK]: 'lnk',
  [S_IFCHR]: 'chr',
  [S_IFBLK]: 'blk',
};
const ENTRY_MARKS = { directory: '/', link: '@', other: '' } as const;
const MAP_FLAGS: Readonly<Record<string, number>> = {
  shared: MAP_SHARED,
  private: MAP_PRIVATE,
  sharedsync: MAP_SHARED_VALIDATE | MAP_SYNC,
  MAP_SHARED,
  MAP_PRIVATE,
};

type Perform = (calls: SystemCalls, step: Step, descriptors: Map<string, number>) => Observation;

/** Does a step's system calls, as the recorder did. */
export function perform(calls: SystemCalls, step: Step, descriptors: Map<string, number>): Observation {
  const operation = operations[step.op];
  return operation
    ? operation(calls, step, descriptors)
    : { result: 'ENOSYS', stage: `unknown operation ${step.op}`, n: -1 };
}

const operations: Readonly<Record<string, Perform>> = {
  open: opened((_calls, _fd) => ok('open')),
  read: opened((calls, fd) => readAll(calls, fd, READ_SIZE)),
  readsmall: opened((calls, fd, step) => readAll(calls, fd, step.bufsize ?? READ_SIZE)),
  pread: opened((calls, fd, step) => bytes('read', calls.pread(fd, step.bufsize ?? 0, step.offset ?? 0))),
  rewind: opened(rewind),
  lseek: opened((calls, fd, step) =>
    count('lseek', calls.lseek(fd, step.offset ?? 0, step.whence ?? SEEK_SET)),
  ),
  poll: opened((calls, fd) => {
    // As every poller of sysfs has to, the recorder read the file first.
    calls.read(fd, READ_SIZE);
    return readiness('poll', calls.poll(fd, POLL_EVENTS));
  }),
  /** No recorded one: a poll that no read went before. */
  pollunread: opened((calls, fd) => readiness('poll', calls.poll(fd, POLL_EVENTS))),
  fsync: opened((calls, fd) => done('fsync', calls.fsync(fd))),
  mmap: opened((calls, fd, step) => done('mmap', map(calls, fd, step))),
  write: opened((calls, fd, step) => count('write', calls.write(fd, data(step))), 'O_WRONLY'),
  write2: opened(writeTwice, 'O_WRONLY'),
  pwrite: opened((calls, fd, step) => count('write', writeAt(calls, fd, step)), 'O_WRONLY'),
  ftruncate: opened((calls, fd, step) => done('ftruncate', calls.ftruncate(fd, step.len ?? 0)), 'O_WRONLY'),
  fallocate: opened((calls, fd) => done('fallocate', calls.fallocate(fd, 0, 4096)), 'O_WRONLY'),

  fdopen: holdDescriptor,
  fdread: held((calls, fd, step) =>
    bytes(
      'read',
      step.offset === -1
        ? calls.read(fd, step.bufsize ?? 0)
        : calls.pread(fd, step.bufsize ?? 0, step.offset ?? 0),
    ),
  ),
  fdwrite: held((calls, fd, step) => count('write', writeAt(calls, fd, step))),
  fdstat: held((calls, fd) => status('fdstat', calls.fstat(fd))),
  fdpoll: held((calls, fd) => readiness('fdpoll', calls.poll(fd, POLL_EVENTS))),
  fdclose: held((calls, fd, step, descriptors) => {
    descriptors.delete(step.fd!);
    return done('close', calls.close(fd));
  }),

  ls: (calls, step) => {
    const entries = calls.readdir(step.path!);
    if (isErrno(entries)) return failed('opendir', entries);
    const names = entries.map(({ name, type }) => name + ENTRY_MARKS[type]);
    return { result: 'OK', stage: 'readdir', n: names.length, entries: names };
  },
  readlink: (calls, step) => {
    const target = calls.readlink(step.path!);
    return bytes('readlink', isErrno(target) ? target : Buffer.from(target));
  },
  stat: (calls, step) => status('stat', calls.stat(step.path!)),
  lstat: (calls, step) => status('lstat', calls.lstat(step.path!)),
  statfs: (calls, step) => {
    const answer = calls.statfs(step.path!);
    if (isErrno(answer)) return failed('statfs', answer);
    return {
      ...ok('statfs'),
      f_type: prefixedHex(answer.type),
      f_bsize: answer.bsize,
      f_blocks: answer.blocks,
      f_files: answer.files,
      f_namelen: answer.namelen,
      f_flags: prefixedHex(answer.flags),
    };
  },
  access: (calls, step) => done('access', calls.access(step.path!, Number(step.mode))),
  chmod: (calls, step) => done('chmod', calls.chmod(step.path!, Number.parseInt(String(step.mode), 8))),
  chown: (calls, step) => {
    const [uid, gid] = step.to!.split(':').map(Number);
    return done('chown', calls.chown(step.path!, uid!, gid!));
  },
  truncate: (calls, step) => done('truncate', calls.truncate(step.path!, step.len ?? 0)),
  utimes: (calls, step) => done('utimes', calls.utimes(step.path!)),
  mkdir: (calls, step) => done('mkdir', calls.mkdir(step.path!)),
  mknod: (calls, step) => done('mknod', calls.mknod(step.path!)),
  rmdir: (calls, step) => done('rmdir', calls.rmdir(step.path!)),
  unlink: (calls, step) => done('unlink', calls.unlink(step.path!)),
  rename: (calls, step) => done('rename', calls.rename(step.path!, step.to!)),
  link: (calls, step) => done('link', calls.link(step.target!, step.path!)),
  symlink: (calls, step) => done('symlink', calls.symlink(step.target!, step.path!)),
  listxattr: (calls, step) => {
    const names = calls.listxattr(step.path!);
    return bytes('listxattr', isErrno(names) ? names : Buffer.from(names.map(name => `${name}\0`).join('')));
  },
  getxattr: (calls, step) => {
    const value = calls.getxattr(step.path!, step.name!);
    return isErrno(value) ? failed('getxattr', value) : bytes('getxattr', value);
  },
  setxattr: (calls, step) => done('setxattr', calls.setxattr(step.path!, step.name!, Buffer.from('v'))),
};

/** Around an operation on a freshly opened descriptor. */
function opened(
  use: (calls: SystemCalls, fd: number, step: Step) => Observation,
  defaultFlags = 'O_RDONLY',
): Perform {
  return (calls, step) => {
    const fd = calls.open(step.path!, parseFlags(step.flags ?? defaultFlags));
    if (isErrno(fd)) return failed('open', fd);
    const observation = use(calls, fd, step);
    calls.close(fd);
    return observation;
  };
}

/** Around an operation on a descriptor that an earlier `fdopen` left. */
function held(
  use: (calls: SystemCalls, fd: number, step: Step, descriptors: Map<string, number>) => Observation,
): Perform {
  return (calls, step, descriptors) => {
    const fd = descriptors.get(step.fd!);
    return fd === undefined ? { result: 'EBADF', stage: 'nofd', n: -1 } : use(calls, fd, step, descriptors);
  };
}

function holdDescriptor(calls: SystemCalls, step: Step, descriptors: Map<string, number>): Observation {
  const fd = calls.open(step.path!, parseFlags(step.flags!));
  if (isErrno(fd)) return failed('open', fd);
  const left = descriptors.get(step.fd!);
  if (left !== undefined) calls.close(left);
  descriptors.set(step.fd!, fd);
  return ok('open');
}

function readAll(calls: SystemCalls, fd: number, size: number): Observation {
  const chunks: Uint8Array[] = [];
  const reads: number[] = [];
  for (;;) {
    const chunk = calls.read(fd, size);
    if (isErrno(chunk)) return { result: chunk.name, stage: 'read', n: 0, reads: [...reads, -1] };
    reads.push(chunk.length);
    if (chunk.length === 0) break;
    chunks.push(chunk);
  }
  return { ...bytes('read', Buffer.concat(chunks)), reads };
}

function rewind(calls: SystemCalls, fd: number): Observation {
  const first = calls.read(fd, READ_SIZE);
  const seek = calls.lseek(fd, 0, SEEK_SET);
  const second = calls.read(fd, READ_SIZE);
  const answers = { first_n: lengthOf(first), lseek: isErrno(seek) ? -1 : seek, second_n: lengthOf(second) };
  return isErrno(second)
    ? { ...failed('read', second), ...answers }
    : { ...ok('read'), n: second.length, ...answers };
}

function writeTwice(calls: SystemCalls, fd: number, step: Step): Observation {
  const first = calls.write(fd, data(step));
  const second = calls.write(fd, Buffer.from(step.data2_b64 ?? '', 'base64'));
  return {
    ...count('write', second),
    first: isErrno(first) ? { result: first.name, n: -1 } : { result: 'OK', n: first },
  };
}

function writeAt(calls: SystemCalls, fd: number, step: Step): Result<number> {
  return step.offset === undefined || step.offset === -1
    ? calls.write(fd, data(step))
    : calls.pwrite(fd, data(step), step.offset);
}

function map(calls: SystemCalls, fd: number, step: Step): Result<void> {
  const prot = step.prot === 'none' ? '' : (step.prot ?? '');
  const protection =
    (prot.includes('r') ? PROT_READ : 0) |
    (prot.includes('w') ? PROT_WRITE : 0) |
    (prot.includes('x') ? PROT_EXEC : 0);
  return calls.mmap(fd, step.len ?? 0, step.offset ?? 0, protection, MAP_FLAGS[step.mflags ?? 'shared']!);
}

function data(step: Step): Uint8Array {
  return Buffer.from(step.data_b64 ?? '', 'base64');
}

function parseFlags(text: string): number {
  return text.split('|').reduce((flags, name) => flags | (openFlags[name] ?? 0), 0);
}

function lengthOf(result: Result<Uint8Array>): number {
  return isErrno(result) ? -1 : result.length;
}

function ok(stage: string): Observation {
  return { result: 'OK', stage, n: 0 };
}

function failed(stage: string, errno: Errno): Observation {
  return { result: errno.name, stage, n: -1 };
}

function done(stage: string, result: Result<void>): Observation {
  return isErrno(result) ? failed(stage, result) : ok(stage);
}

function count(stage: string, result: Result<number>): Observation {
  return isErrno(result) ? failed(stage, result) : { result: 'OK', stage, n: result };
}

function bytes(stage: string, result: Result<Uint8Array>): Observation {
  return isErrno(result)
    ? failed(stage, result)
    : { result: 'OK', stage, n: result.length, bytes_b64: Buffer.from(result).toString('base64') };
}

function readiness(stage: string, result: Result<number>): Observation {
  return isErrno(result)
    ? failed(stage, result)
    : { result: 'OK', stage, n: result === 0 ? 0 : 1, revents: prefixedHex(result) };
}

function status(stage: string, result: Result<FileStatus>): Observation {
  if (isErrno(result)) return failed(stage, result);
  const { mode, uid, gid, size, nlink, blksize, blocks, rdev } = result;
  return {
    ...ok(stage),
    st: {
      type: TYPES[mode & S_IFMT],
      mode: (mode & 0o7777).toString(8).padStart(4, '0'),
      uid,
      gid,
      size,
      nlink,
      blksize,
      blocks,
      rdev,
    },
  };
}
