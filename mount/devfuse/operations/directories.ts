import { type DirectoryEntry, KERNEL } from '../../../src/kernel/fs/file-system.ts';
import { isErrno, type Result } from '../../../src/kernel/lib/errno.ts';
import { nameLength } from '../../../src/kernel/lib/file-name.ts';
import { ENTRY_BYTES, putEntryOut } from '../attributes.ts';
import type { Connection } from '../connection.ts';
import type { Reply, Request } from '../message.ts';
import { Dirent, EntryOut, ReadIn } from '../protocol.ts';

/** Where the file type starts in a mode: S_IF* >> 12 is DT_*. */
const TYPE_SHIFT = 12;

export function readdir(connection: Connection, request: Request, reply: Reply): Result<number> {
  return list(connection, request, reply, 0, ({ ino }) => ino);
}

/** Larger directories are listed without attributes, since each entry that has some costs memory until it is forgotten. */
const LISTED_WITH_ATTRIBUTES_MAX = 1 << 16;

/**
 * Entries with their attributes, and a lookup counted for each but `.` and `..`. Node 0 says nothing of an entry: the
 * kernel keeps what it knows already, and need not be told again.
 */
export function readdirplus(connection: Connection, request: Request, reply: Reply): Result<number> {
  const parent = connection.nodes.get(request.nodeId);
  const bare = connection.stat(parent).nlink > LISTED_WITH_ATTRIBUTES_MAX;
  parent.doubtful = bare ? Number.NEGATIVE_INFINITY : 0;
  return list(connection, request, reply, ENTRY_BYTES, ({ name, ino }, start) => {
    reply.clear(EntryOut, start / 4);
    if (bare || name === '.' || name === '..' || parent.children.get(name)?.attributesKept) return ino;
    const inode = connection.fileSystem.lookup(parent.inode, name);
    if (isErrno(inode)) return ino;
    putEntryOut(connection, reply, connection.nodes.give(inode, parent, name), start);
    return inode.ino;
  });
}

/** @param putPrefix puts what goes before an entry and answers its inode number, which a lookup may only have given now. */
function list(
  connection: Connection,
  request: Request,
  reply: Reply,
  prefixBytes: number,
  putPrefix: (entry: DirectoryEntry, start: number) => number,
): Result<number> {
  const known = connection.nodes.get(request.nodeId);
  known.cursor ??= connection.fileSystem.opendir(known.inode, KERNEL);
  const directory = known.cursor;
  if (isErrno(directory)) return directory;
  known.listed = true;
  connection.changes.doubt(known);
  const room = Math.min(request.u32(ReadIn.at.size), reply.room);
  directory.seek(request.u64(ReadIn.at.offset));
  let length = 0;
  for (let entry = directory.peek(); entry; entry = directory.peek()) {
    const start = length + prefixBytes;
    const nameBytes = nameLength(entry.name);
    const end = (start + Dirent.bytes + nameBytes + 7) & ~7;
    if (end > room) break;
    putDirent(reply, entry, putPrefix(entry, length), nameBytes, start);
    length = end;
    directory.advance();
  }
  return length;
}

function putDirent(
  reply: Reply,
  { name, next, type }: DirectoryEntry,
  ino: number,
  nameBytes: number,
  start: number,
) {
  const base = start / 4;
  const { at, bytes } = Dirent;
  reply.u64(at.ino, ino, base);
  reply.u64(at.off, next, base);
  reply.u32(at.namelen, nameBytes, base);
  reply.u32(at.type, type >> TYPE_SHIFT, base);
  reply.text(name, start + bytes);
}
