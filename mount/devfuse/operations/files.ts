import { type OpenFile, PENDING } from '../../../src/kernel/fs/file-system.ts';
import { EINVAL, ENXIO, isErrno, type Result } from '../../../src/kernel/lib/errno.ts';
import { O_ACCMODE, O_RDONLY, O_TRUNC, O_WRONLY, SEEK_DATA, SEEK_SET } from '../../../src/kernel/lib/stat.ts';
import { ENTRY_BYTES, putEntryOut } from '../attributes.ts';
import { type Connection, NO_REPLY, type OpenedFile } from '../connection.ts';
import type { Reply, Request } from '../message.ts';
import type { KnownNode } from '../node-table.ts';
import {
  CreateIn,
  FOPEN_DIRECT_IO,
  FOPEN_KEEP_CACHE,
  FOPEN_NOFLUSH,
  FsyncIn,
  FUSE_POLL_SCHEDULE_NOTIFY,
  FUSE_READ_LOCKOWNER,
  LseekIn,
  LseekOut,
  OpenIn,
  OpenOut,
  PollIn,
  PollOut,
  ReadIn,
  ReleaseIn,
  WriteIn,
  WriteOut,
} from '../protocol.ts';

export function open(connection: Connection, request: Request, reply: Reply): Result<number> {
  const known = connection.nodes.get(request.nodeId);
  const flags = request.u32(OpenIn.at.flags);
  const file = connection.fileSystem.open(known.inode, flags, request.caller);
  return isErrno(file) ? file : putOpenOut(connection, reply, known, file, flags, 0);
}

export function create(connection: Connection, request: Request, reply: Reply): Result<number> {
  const parent = connection.nodes.get(request.nodeId);
  const name = request.name(CreateIn);
  const flags = request.u32(CreateIn.at.flags);
  const mode = request.u32(CreateIn.at.mode);
  const made = connection.fileSystem.create(parent.inode, name, flags, mode, request.caller);
  connection.changes.drop();
  if (isErrno(made)) return made;
  const known = connection.nodes.give(made.inode, parent, name);
  putEntryOut(connection, reply, known);
  return ENTRY_BYTES + putOpenOut(connection, reply, known, made.file, flags, ENTRY_BYTES);
}

function putOpenOut(
  connection: Connection,
  reply: Reply,
  known: KnownNode,
  file: OpenFile,
  flags: number,
  start: number,
): number {
  const base = start / 4;
  const how = caching(connection, known, flags);
  const opened = { known, file, position: 0, mayBeReadUnseen: how === FOPEN_KEEP_CACHE };
  if (flags & O_TRUNC) known.shortSize = 0;
  if (how === FOPEN_DIRECT_IO && (flags & O_ACCMODE) !== O_WRONLY) lengthen(connection, known);
  reply.clear(OpenOut, base);
  reply.u64(OpenOut.at.fh, connection.files.add(opened), base);
  reply.u32(OpenOut.at.openFlags, FOPEN_NOFLUSH | how, base);
  return OpenOut.bytes;
}

/**
 * For so long after a change nobody reads through the page cache. The kernel takes a page and the file's size at two
 * moments, and drops the answer to a GETATTR that a change overtook: a text whose length just changed could be cut.
 */
const UNSETTLED_MS = 1000;

/**
 * Writers go past the page cache, also in a file whose readers use it: a write must arrive as one, and a page that
 * waits for the answer to a write could not be invalidated before that answer.
 */
function caching({ cache, now }: Connection, known: KnownNode, flags: number): number {
  if (known.inode.paged) return 0;
  const reads = (flags & O_ACCMODE) === O_RDONLY;
  const { changedAt } = known;
  const settled = changedAt === undefined || now() - changedAt >= UNSETTLED_MS;
  const keeps = cache && reads && known.inode.cacheable && settled;
  return keeps ? FOPEN_KEEP_CACHE : FOPEN_DIRECT_IO;
}

/**
 * splice(2) and sendfile(2) read through the page cache as far as the size goes that the kernel keeps, and do not ask for it
 * again: without this, `busybox cat` would find nothing in /proc. Told for each open, which must not be answered before the
 * kernel heard of the length: for an earlier one that may still be under way.
 */
function lengthen(connection: Connection, known: KnownNode): void {
  const { shortSize } = known;
  if (shortSize === undefined) return;
  const { size } = connection.stat(known);
  const truncated = shortSize === 0 && size > 0;
  const length = truncated ? size : (connection.content(known.inode)?.length ?? 0);
  if (length === 0 || length < shortSize) return;
  known.shortSize = truncated ? undefined : length;
  connection.changes.lengthen(known, length);
}

export function read(connection: Connection, request: Request, reply: Reply): Result<number> {
  const { at } = ReadIn;
  const opened = connection.files.get(request.u64(at.fh));
  const offset = request.u64(at.offset);
  const length = Math.min(request.u32(at.size), reply.room);
  rewind(opened, offset);
  const paged = !(request.u32(at.readFlags) & FUSE_READ_LOCKOWNER);
  const bytes = opened.file.read(offset, length, paged);
  if (bytes === PENDING) {
    connection.waiting.add(request.unique, opened, offset, length);
    return NO_REPLY;
  }
  if (isErrno(bytes)) return bytes;
  opened.position = offset + bytes.length;
  connection.changes.doubt(opened.known);
  if (paged && bytes.length < length) shorten(connection, opened);
  reply.bytes(bytes);
  return bytes.length;
}

/** fuse_short_read: the kernel takes the end of a page that is not full for the end of the file. */
function shorten(connection: Connection, { known, position }: OpenedFile): void {
  if (known.inode.paged || position >= (known.shortSize ?? connection.stat(known).size)) return;
  known.shortSize = position;
  connection.readShort = known;
}

/** The kernel does not tell of a seek to the start, which a stream must hear of. */
function rewind(opened: OpenedFile, offset: number): void {
  if (opened.file.stream && offset === 0 && opened.position !== 0) opened.file.lseek?.(0, SEEK_SET);
}

export function write(connection: Connection, request: Request, reply: Reply): Result<number> {
  const { at } = WriteIn;
  const { known, file } = connection.files.get(request.u64(at.fh));
  connection.changes.doubt(known);
  const data = request.body(WriteIn).subarray(0, request.u32(at.size));
  const taken = file.write(request.u64(at.offset), data);
  if (isErrno(taken)) return taken;
  reply.clear(WriteOut);
  reply.u32(WriteOut.at.size, taken);
  return WriteOut.bytes;
}

/** Only SEEK_DATA and SEEK_HOLE come here: a file is all data up to its st_size. */
export function lseek(connection: Connection, request: Request, reply: Reply): Result<number> {
  const { known, file } = connection.files.get(request.u64(LseekIn.at.fh));
  const offset = request.u64(LseekIn.at.offset);
  const whence = request.u32(LseekIn.at.whence);
  const moved = file.lseek?.(file.stream ? offset : 0, file.stream ? whence : SEEK_SET) ?? 0;
  if (isErrno(moved)) return moved;
  const { size } = connection.stat(known);
  if (!file.stream && offset >= size) return ENXIO;
  reply.u64(LseekOut.at.offset, file.stream ? moved : whence === SEEK_DATA ? offset : size);
  return LseekOut.bytes;
}

/**
 * Who polls has read before, as sysfs demands, and from pages perhaps. Taken for somebody who has not, he would find a change
 * each time.
 */
function lookAsReaders(opened: OpenedFile): void {
  if (opened.mayBeReadUnseen) opened.file.read(0, 1);
  opened.mayBeReadUnseen = false;
}

export function poll(connection: Connection, request: Request, reply: Reply): number {
  const opened = connection.files.get(request.u64(PollIn.at.fh));
  lookAsReaders(opened);
  if (request.u32(PollIn.at.flags) & FUSE_POLL_SCHEDULE_NOTIFY) {
    connection.polls.watch(opened, request.u64(PollIn.at.kh));
  }
  reply.clear(PollOut);
  reply.u32(PollOut.at.revents, opened.file.poll());
  return PollOut.bytes;
}

export function fsync(connection: Connection, request: Request): Result<number> {
  return connection.files.get(request.u64(FsyncIn.at.fh)).file.unsyncable ? EINVAL : 0;
}

export function release(connection: Connection, request: Request): number {
  const opened = connection.files.remove(request.u64(ReleaseIn.at.fh));
  connection.polls.release(opened);
  opened.file.release();
  return 0;
}
