import { S_IFREG } from '../../src/kernel/lib/stat.ts';
import { encodeDevice } from '../device-number.ts';
import type { Connection } from './connection.ts';
import type { Reply } from './message.ts';
import type { KnownNode } from './node-table.ts';
import { Attr, AttrOut, EntryOut } from './protocol.ts';

/** Names and attributes are kept by the kernel until {@link Changes} says otherwise. */
const KEEP_SECONDS = 2 ** 31;
const NANOSECONDS = 1_000_000_000n;

/** The time that was put last, in parts: most files have it three times, and share it with their neighbours. */
const last = { time: 0n, seconds: 0, nanoseconds: 0 };

function putTime(reply: Reply, time: bigint, secondsWord: number, nanosecondsWord: number): void {
  if (time !== last.time) {
    last.time = time;
    last.nanoseconds = Number(((time % NANOSECONDS) + NANOSECONDS) % NANOSECONDS);
    last.seconds = Number((time - BigInt(last.nanoseconds)) / NANOSECONDS);
  }
  reply.u64(secondsWord, last.seconds);
  reply.u32(nanosecondsWord, last.nanoseconds);
}

/** `struct fuse_attr`, `base` words into the payload. */
function putAttr(connection: Connection, reply: Reply, known: KnownNode, base: number): void {
  const stat = connection.stat(known);
  known.attributesKept = !known.inode.attributesVary;
  known.shortSize = stat.size === 0 && known.inode.type === S_IFREG ? 0 : undefined;
  const { at } = Attr;
  reply.clear(Attr, base);
  reply.u64(at.ino, stat.ino, base);
  reply.u64(at.size, stat.size, base);
  putTime(reply, stat.atime, base + at.atime, base + at.atimensec);
  putTime(reply, stat.mtime, base + at.mtime, base + at.mtimensec);
  putTime(reply, stat.ctime, base + at.ctime, base + at.ctimensec);
  reply.u32(at.mode, stat.mode, base);
  reply.u32(at.nlink, stat.nlink, base);
  reply.u32(at.uid, stat.uid, base);
  reply.u32(at.gid, stat.gid, base);
  reply.u32(at.rdev, encodeDevice(stat.rdev), base);
  reply.u32(at.blksize, 4096, base);
}

/** For how long the kernel may keep the attributes. */
function attrSeconds({ inode }: KnownNode): number {
  return inode.attributesVary ? 0 : KEEP_SECONDS;
}

/** `struct fuse_attr_out`. @returns the payload's length in bytes. */
export function putAttrOut(connection: Connection, reply: Reply, known: KnownNode): number {
  reply.clear(AttrOut);
  reply.u64(AttrOut.at.attrValid, attrSeconds(known));
  putAttr(connection, reply, known, AttrOut.bytes / 4);
  return AttrOut.bytes + Attr.bytes;
}

export const ENTRY_BYTES = EntryOut.bytes + Attr.bytes;

/** `struct fuse_entry_out`, at a byte of the payload. @returns its length in bytes. */
export function putEntryOut(connection: Connection, reply: Reply, known: KnownNode, start = 0): number {
  const base = start / 4;
  const { at } = EntryOut;
  reply.clear(EntryOut, base);
  reply.u64(at.nodeid, known.id, base);
  reply.u64(at.entryValid, KEEP_SECONDS, base);
  reply.u64(at.attrValid, attrSeconds(known), base);
  putAttr(connection, reply, known, base + EntryOut.bytes / 4);
  return ENTRY_BYTES;
}
