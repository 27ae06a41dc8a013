import { ENOTTY, EOPNOTSUPP } from '../../../src/kernel/lib/errno.ts';
import type { Handler, HandlerTable } from '../connection.ts';
import { OPCODE_LIMIT, OPCODES, type Operation } from '../protocol.ts';
import { readdir, readdirplus } from './directories.ts';
import { create, fsync, lseek, open, poll, read, release, write } from './files.ts';
import { access, getattr, getxattr, listxattr, removexattr, setattr, setxattr } from './metadata.ts';
import { link, lookup, mkdir, mknod, readlink, rename, rename2, rmdir, symlink, unlink } from './names.ts';
import { batchForget, forget, init, interrupt, nothing, refuse, statfs } from './session.ts';

/**
 * What is missing is answered with ENOSYS, which the kernel remembers and does not ask again. So directories are
 * never opened: the kernel checks their mode bits, and keeps listings until it is told of a change.
 */
const OPERATIONS: Readonly<Partial<Record<Operation, Handler>>> = {
  INIT: init,
  DESTROY: nothing,
  FORGET: forget,
  BATCH_FORGET: batchForget,
  INTERRUPT: interrupt,
  STATFS: statfs,

  LOOKUP: lookup,
  SYMLINK: symlink,
  MKNOD: mknod,
  MKDIR: mkdir,
  LINK: link,
  UNLINK: unlink,
  RMDIR: rmdir,
  RENAME: rename,
  RENAME2: rename2,
  READLINK: readlink,

  GETATTR: getattr,
  SETATTR: setattr,
  ACCESS: access,
  GETXATTR: getxattr,
  SETXATTR: setxattr,
  LISTXATTR: listxattr,
  REMOVEXATTR: removexattr,

  CREATE: create,
  OPEN: open,
  READ: read,
  WRITE: write,
  LSEEK: lseek,
  POLL: poll,
  RELEASE: release,
  FSYNC: fsync,
  IOCTL: refuse(ENOTTY),
  FALLOCATE: refuse(EOPNOTSUPP),
  COPY_FILE_RANGE: refuse(EOPNOTSUPP),
  TMPFILE: refuse(EOPNOTSUPP),

  READDIR: readdir,
  READDIRPLUS: readdirplus,
  FSYNCDIR: nothing,
};

export const handlers: HandlerTable = Array.from({ length: OPCODE_LIMIT }, (_, opcode) => {
  const operation = Object.entries(OPCODES).find(([, number]) => number === opcode)?.[0];
  return operation === undefined ? undefined : OPERATIONS[operation as Operation];
});
