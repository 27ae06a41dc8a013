import type { Stat } from '../../src/fs/file-system.ts';
import type { DeviceNumber } from '../../src/lib/stat.ts';
import type { Connection } from './connection.ts';
import type { Reply } from './message.ts';
import type { KnownNode } from './node-table.ts';
import { Attr, AttrOut, EntryOut } from './protocol.ts';

/** Names and attributes are kept by the kernel until {@link Changes} says otherwise. */
const KEEP_SECONDS = 2 ** 31;
const NANOSECONDS = 1_000_000_000n;

/** linux/kdev_t.h new_encode_dev: 12 bits of major, 20 of minor. */
export function encodeDevice({ major, minor }: DeviceNumber): number {
  return (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);
}

export function decodeDevice(dev: number): DeviceNumber {
  return { major: (dev & 0xfff00) >>> 8, minor: (dev & 0xff) | ((dev >>> 12) & 0xfff00) };
}

/** `struct fuse_attr`, `base` words into the payload. */
function putAttr(reply: Reply, stat: Stat, base: number): void {
  const { at } = Attr;
  reply.clear(Attr, base);
  reply.u64(at.ino, stat.ino, base);
  reply.u64(at.size, stat.size, base);
  reply.u64(at.atime, Number(stat.atime / NANOSECONDS), base);
  reply.u64(at.mtime, Number(stat.mtime / NANOSECONDS), base);
  reply.u64(at.ctime, Number(stat.ctime / NANOSECONDS), base);
  reply.u32(at.atimensec, Number(stat.atime % NANOSECONDS), base);
  reply.u32(at.mtimensec, Number(stat.mtime % NANOSECONDS), base);
  reply.u32(at.ctimensec, Number(stat.ctime % NANOSECONDS), base);
  reply.u32(at.mode, stat.mode, base);
  reply.u32(at.nlink, stat.nlink, base);
  reply.u32(at.uid, stat.uid, base);
  reply.u32(at.gid, stat.gid, base);
  reply.u32(at.rdev, encodeDevice(stat.rdev), base);
  reply.u32(at.blksize, 4096, base);
}

/** `struct fuse_attr_out`. @returns the payload's length in bytes. */
export function putAttrOut(connection: Connection, reply: Reply, known: KnownNode): number {
  reply.clear(AttrOut);
  reply.u64(AttrOut.at.attrValid, KEEP_SECONDS);
  putAttr(reply, connection.stat(known), AttrOut.bytes / 4);
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
  reply.u64(at.attrValid, KEEP_SECONDS, base);
  putAttr(reply, connection.stat(known), base + EntryOut.bytes / 4);
  return ENTRY_BYTES;
}
