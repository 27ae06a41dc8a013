import type { StatChange } from '../../../src/kernel/fs/file-system.ts';
import { ERANGE, isErrno, type Result } from '../../../src/kernel/lib/errno.ts';
import { putAttrOut } from '../attributes.ts';
import type { Connection } from '../connection.ts';
import type { Reply, Request } from '../message.ts';
import {
  AccessIn,
  FATTR_ATIME,
  FATTR_ATIME_NOW,
  FATTR_GID,
  FATTR_MODE,
  FATTR_MTIME,
  FATTR_MTIME_NOW,
  FATTR_SIZE,
  FATTR_UID,
  GetxattrIn,
  GetxattrOut,
  SetattrIn,
  SetxattrIn,
} from '../protocol.ts';
import { done } from './session.ts';

/**
 * Where the kernel goes by another size than stat(2) tells, only the caller is to see the answer: fuse_change_attributes
 * ignores one that a notification overtook.
 */
export function getattr(connection: Connection, request: Request, reply: Reply): number {
  const known = connection.nodes.get(request.nodeId);
  const { shortSize } = known;
  if (!shortSize) return putAttrOut(connection, reply, known);
  connection.outdate(known);
  const bytes = putAttrOut(connection, reply, known);
  known.shortSize = shortSize;
  known.attributesKept = false;
  return bytes;
}

export function setattr(connection: Connection, request: Request, reply: Reply): Result<number> {
  const known = connection.nodes.get(request.nodeId);
  const result = connection.fileSystem.setattr(known.inode, statChange(request), request.caller);
  return isErrno(result) ? result : putAttrOut(connection, reply, known);
}

function statChange(request: Request): StatChange {
  const { at } = SetattrIn;
  const valid = request.u32(at.valid);
  const time = (
    set: number,
    now: number,
    seconds: number,
    nanoseconds: number,
  ): bigint | 'now' | undefined => {
    if (valid & now) return 'now';
    return valid & set
      ? BigInt(request.s64(seconds)) * 1_000_000_000n + BigInt(request.u32(nanoseconds))
      : undefined;
  };
  const atime = time(FATTR_ATIME, FATTR_ATIME_NOW, at.atime, at.atimensec);
  const mtime = time(FATTR_MTIME, FATTR_MTIME_NOW, at.mtime, at.mtimensec);
  return {
    ...(valid & FATTR_MODE ? { mode: request.u32(at.mode) & 0o7777 } : {}),
    ...(valid & FATTR_UID ? { uid: request.u32(at.uid) } : {}),
    ...(valid & FATTR_GID ? { gid: request.u32(at.gid) } : {}),
    ...(valid & FATTR_SIZE ? { size: request.u64(at.size) } : {}),
    ...(atime === undefined ? {} : { atime }),
    ...(mtime === undefined ? {} : { mtime }),
  };
}

export function access(connection: Connection, request: Request): Result<number> {
  const { inode } = connection.nodes.get(request.nodeId);
  return done(connection.fileSystem.access(inode, request.u32(AccessIn.at.mask), request.caller));
}

export function getxattr(connection: Connection, request: Request, reply: Reply): Result<number> {
  const { inode } = connection.nodes.get(request.nodeId);
  const value = connection.fileSystem.getxattr(inode, request.name(GetxattrIn));
  return isErrno(value) ? value : sized(request, reply, value);
}

export function listxattr(connection: Connection, request: Request, reply: Reply): Result<number> {
  const { inode } = connection.nodes.get(request.nodeId);
  const names = connection.fileSystem.listxattr(inode);
  return sized(request, reply, Buffer.from(names.map(name => `${name}\0`).join('')));
}

/** An extended attribute's rule: a size of 0 asks for the length, a small one is ERANGE. */
function sized(request: Request, reply: Reply, value: Uint8Array): Result<number> {
  const size = request.u32(GetxattrIn.at.size);
  if (size === 0) {
    reply.clear(GetxattrOut);
    reply.u32(GetxattrOut.at.size, value.length);
    return GetxattrOut.bytes;
  }
  if (value.length > size) return ERANGE;
  reply.bytes(value);
  return value.length;
}

export function setxattr(connection: Connection, request: Request): Result<number> {
  const { inode } = connection.nodes.get(request.nodeId);
  const name = request.name(SetxattrIn);
  const start = Buffer.byteLength(name) + 1;
  const value = request.body(SetxattrIn).subarray(start, start + request.u32(SetxattrIn.at.size));
  const flags = request.u32(SetxattrIn.at.flags);
  return done(connection.fileSystem.setxattr(inode, name, value, flags, request.caller));
}

export function removexattr(connection: Connection, request: Request): Result<number> {
  const { inode } = connection.nodes.get(request.nodeId);
  return done(connection.fileSystem.removexattr(inode, request.name(), request.caller));
}
