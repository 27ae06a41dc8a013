import { EINVAL, type Errno, isErrno, type Result } from '../../../src/kernel/lib/errno.ts';
import { type Connection, MAX_PAGES, MAX_TRANSFER_BYTES, NO_REPLY } from '../connection.ts';
import type { Reply, Request } from '../message.ts';
import {
  BatchForgetIn,
  ForgetIn,
  ForgetOne,
  FUSE_ASYNC_READ,
  FUSE_ATOMIC_O_TRUNC,
  FUSE_BIG_WRITES,
  FUSE_CACHE_SYMLINKS,
  FUSE_DO_READDIRPLUS,
  FUSE_EXPLICIT_INVAL_DATA,
  FUSE_HANDLE_KILLPRIV_V2,
  FUSE_KERNEL_MINOR_VERSION,
  FUSE_KERNEL_VERSION,
  FUSE_MAX_PAGES,
  FUSE_PARALLEL_DIROPS,
  InitIn,
  InitOut,
  InterruptIn,
  OLDEST_MINOR_VERSION,
  StatfsOut,
} from '../protocol.ts';

const WANTED =
  FUSE_ASYNC_READ |
  FUSE_BIG_WRITES |
  FUSE_DO_READDIRPLUS |
  FUSE_PARALLEL_DIROPS |
  FUSE_MAX_PAGES |
  FUSE_CACHE_SYMLINKS |
  FUSE_EXPLICIT_INVAL_DATA |
  FUSE_HANDLE_KILLPRIV_V2;

/**
 * FUSE_ATOMIC_O_TRUNC saves a SETATTR, but makes the kernel take a file that it opened so for empty until it asks
 * again, which readers of a cached content would notice.
 * @returns EINVAL for a kernel older than Linux 5.4, which ends the mount.
 */
export function init(connection: Connection, request: Request, reply: Reply): Result<number> {
  const major = request.u32(InitIn.at.major);
  const minor = request.u32(InitIn.at.minor);
  if (major < FUSE_KERNEL_VERSION || (major === FUSE_KERNEL_VERSION && minor < OLDEST_MINOR_VERSION)) {
    return EINVAL;
  }
  const { at } = InitOut;
  reply.clear(InitOut);
  reply.u32(at.major, FUSE_KERNEL_VERSION);
  reply.u32(at.minor, Math.min(minor, FUSE_KERNEL_MINOR_VERSION));
  reply.u32(at.maxReadahead, request.u32(InitIn.at.maxReadahead));
  reply.u32(
    at.flags,
    request.u32(InitIn.at.flags) & (connection.cache ? WANTED : WANTED | FUSE_ATOMIC_O_TRUNC),
  );
  reply.u32(at.maxWrite, MAX_TRANSFER_BYTES);
  reply.u32(at.timeGran, 1);
  reply.u32(at.maxPages, MAX_PAGES);
  return InitOut.bytes;
}

export function forget(connection: Connection, request: Request): number {
  connection.nodes.forget(request.nodeId, request.u64(ForgetIn.at.nlookup));
  return NO_REPLY;
}

export function batchForget(connection: Connection, request: Request): number {
  const count = request.u32(BatchForgetIn.at.count);
  for (let i = 0; i < count; i++) {
    const base = (BatchForgetIn.bytes + i * ForgetOne.bytes) / 4;
    connection.nodes.forget(request.u64(ForgetOne.at.nodeid, base), request.u64(ForgetOne.at.nlookup, base));
  }
  return NO_REPLY;
}

export function interrupt(connection: Connection, request: Request): number {
  connection.waiting.interrupt(request.u64(InterruptIn.at.unique));
  return NO_REPLY;
}

export function statfs(connection: Connection, request: Request, reply: Reply): number {
  const { blockSize, maxNameLength } = connection.fileSystem.statfs(
    connection.nodes.get(request.nodeId).inode,
  );
  const { at, bytes } = StatfsOut;
  reply.clear(StatfsOut);
  reply.u32(at.bsize, blockSize);
  reply.u32(at.frsize, blockSize);
  reply.u32(at.namelen, maxNameLength);
  return bytes;
}

/** An operation that succeeds and does nothing. */
export function nothing(): number {
  return 0;
}

/** An operation that is always refused. */
export function refuse(error: Errno): () => Result<number> {
  return () => error;
}

/** The empty answer of a call that succeeds without a value. */
export function done(result: Result<unknown>): Result<number> {
  return isErrno(result) ? result : 0;
}
