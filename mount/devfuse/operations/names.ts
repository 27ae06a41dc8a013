import type { Inode } from '../../../src/kernel/fs/file-system.ts';
import { isErrno, type Result } from '../../../src/kernel/lib/errno.ts';
import { decodeDevice } from '../../device-number.ts';
import { putEntryOut } from '../attributes.ts';
import type { Connection } from '../connection.ts';
import type { Reply, Request } from '../message.ts';
import type { KnownNode } from '../node-table.ts';
import { LinkIn, MkdirIn, MknodIn, Rename2In, RenameIn } from '../protocol.ts';
import { done } from './session.ts';

export function lookup(connection: Connection, request: Request, reply: Reply): Result<number> {
  const parent = connection.nodes.get(request.nodeId);
  const name = request.name();
  return give(connection, reply, parent, name, connection.fileSystem.lookup(parent.inode, name));
}

function give(
  connection: Connection,
  reply: Reply,
  parent: KnownNode,
  name: string,
  inode: Result<Inode>,
): Result<number> {
  if (isErrno(inode)) return inode;
  return putEntryOut(connection, reply, connection.nodes.give(inode, parent, name));
}

/** An answer to a call that made a name: the kernel knows what it asked for. */
function made(
  connection: Connection,
  reply: Reply,
  parent: KnownNode,
  name: string,
  inode: Result<Inode>,
): Result<number> {
  connection.changes.drop();
  return give(connection, reply, parent, name, inode);
}

export function symlink(connection: Connection, request: Request, reply: Reply): Result<number> {
  const parent = connection.nodes.get(request.nodeId);
  const [name, target] = request.names();
  return made(
    connection,
    reply,
    parent,
    name,
    connection.fileSystem.symlink(parent.inode, name, target, request.caller),
  );
}

export function mknod(connection: Connection, request: Request, reply: Reply): Result<number> {
  const parent = connection.nodes.get(request.nodeId);
  const name = request.name(MknodIn);
  const rdev = decodeDevice(request.u32(MknodIn.at.rdev));
  const mode = request.u32(MknodIn.at.mode);
  const inode = connection.fileSystem.mknod(parent.inode, name, mode, rdev, request.caller);
  return made(connection, reply, parent, name, inode);
}

export function mkdir(connection: Connection, request: Request, reply: Reply): Result<number> {
  const parent = connection.nodes.get(request.nodeId);
  const name = request.name(MkdirIn);
  const inode = connection.fileSystem.mkdir(parent.inode, name, request.u32(MkdirIn.at.mode), request.caller);
  return made(connection, reply, parent, name, inode);
}

export function link(connection: Connection, request: Request, reply: Reply): Result<number> {
  const parent = connection.nodes.get(request.nodeId);
  const name = request.name(LinkIn);
  const old = connection.nodes.get(request.u64(LinkIn.at.oldnodeid));
  const inode = connection.fileSystem.link(old.inode, parent.inode, name, request.caller);
  return made(connection, reply, parent, name, inode);
}

export function unlink(connection: Connection, request: Request): Result<number> {
  const { inode } = connection.nodes.get(request.nodeId);
  const result = connection.fileSystem.unlink(inode, request.name(), request.caller);
  connection.changes.drop();
  return done(result);
}

export function rmdir(connection: Connection, request: Request): Result<number> {
  const { inode } = connection.nodes.get(request.nodeId);
  const result = connection.fileSystem.rmdir(inode, request.name(), request.caller);
  connection.changes.drop();
  return done(result);
}

export function rename(connection: Connection, request: Request): Result<number> {
  return move(connection, request, request.names(RenameIn), 0);
}

export function rename2(connection: Connection, request: Request): Result<number> {
  return move(connection, request, request.names(Rename2In), request.u32(Rename2In.at.flags));
}

function move(
  connection: Connection,
  request: Request,
  [name, newName]: [string, string],
  flags: number,
): Result<number> {
  const { nodes, fileSystem, changes } = connection;
  const parent = nodes.get(request.nodeId);
  const target = nodes.get(request.u64(RenameIn.at.newdir));
  const moved = parent.children.get(name);
  const result = fileSystem.rename(parent.inode, name, target.inode, newName, flags, request.caller);
  changes.drop();
  if (isErrno(result)) return result;
  if (moved) nodes.place(moved, target, newName);
  return 0;
}

export function readlink(connection: Connection, request: Request, reply: Reply): Result<number> {
  const target = connection.fileSystem.readlink(connection.nodes.get(request.nodeId).inode);
  return isErrno(target) ? target : reply.text(target);
}
