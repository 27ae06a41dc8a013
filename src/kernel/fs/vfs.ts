import {
  EACCES,
  EEXIST,
  EINVAL,
  EIO,
  EISDIR,
  ENAMETOOLONG,
  ENODATA,
  ENODEV,
  ENOENT,
  ENOTDIR,
  ENXIO,
  type Errno,
  isErrno,
  type Result,
  refusal,
} from '../lib/errno.ts';
import { PAGE_SIZE } from '../lib/page.ts';
import {
  type DeviceNumber,
  O_ACCMODE,
  O_DIRECT,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  R_OK,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
  S_IRUGO,
  S_IWUGO,
  W_OK,
} from '../lib/stat.ts';
import { Directory } from './directory.ts';
import {
  type Caller,
  type FileSystem,
  type Inode,
  NAME_MAX,
  type OpenDirectory,
  type OpenFile,
  type Stat,
  type StatChange,
  type StatFs,
  type TreeListener,
} from './file-system.ts';
import { type BugReporter, GuardedFile, type VfsListeners } from './guarded-file.ts';
import { FileNode, LinkNode, Node } from './node.ts';
import { mayChangeEntries, permission, setattrRefusal } from './permission.ts';
import type { RefusalListener } from './refused-operation.ts';
import { Xattrs, xattrNameRefusal, xattrRefusal } from './xattr.ts';

const RENAME_FLAGS_ALLOWED = 0;
const XATTR_CREATE = 1;
const XATTR_REPLACE = 2;

/** The VFS over one tree: permissions, open modes and refusals, once for all transports and all attributes. */
export class Vfs implements FileSystem {
  readonly root: Directory;
  readonly #listeners: VfsListeners;

  constructor(root: Directory, onBug: BugReporter, onRefused: RefusalListener = () => {}) {
    this.root = root;
    this.#listeners = { onBug, onRefused };
  }

  lookup(parent: Inode, name: string): Result<Inode> {
    return this.#guard('lookup', name, () => {
      const directory = asDirectory(parent);
      if (isErrno(directory)) return directory;
      if (directory.tooLong(name)) return ENAMETOOLONG;
      if (name === '.') return directory;
      if (name === '..') return directory.parent ?? directory;
      return directory.child(name) ?? ENOENT;
    });
  }

  getattr(inode: Inode): Stat {
    return asNode(inode).stat();
  }

  setattr(inode: Inode, change: StatChange, caller: Caller): Result<Stat> {
    const node = asNode(inode);
    const { mode, uid, gid, atime, mtime, size } = change;
    const refused = setattrRefusal(node, change, caller);
    if (refused) return this.#told('setattr', node, caller, refused);
    const now = node.tree.now();
    if (mode !== undefined) node.mode = mode & 0o7777;
    if (uid !== undefined) node.uid = uid;
    if (gid !== undefined) node.gid = gid;
    if (atime !== undefined) node.atime = atime === 'now' ? now : atime;
    if (mtime !== undefined) node.mtime = mtime === 'now' ? now : mtime;
    if (size === undefined) node.ctime = now;
    else node.truncate(size);
    node.tree.attributesSet(node);
    return node.stat();
  }

  access(inode: Inode, mask: number, caller: Caller): Result<void> {
    return permission(asNode(inode), mask, caller);
  }

  readlink(inode: Inode): Result<string> {
    return inode instanceof LinkNode ? inode.target : EINVAL;
  }

  open(inode: Inode, flags: number, caller: Caller): Result<OpenFile> {
    const node = asNode(inode);
    return this.#told('open', node, caller, this.#open(node, flags, caller));
  }

  #open(node: Node, flags: number, caller: Caller): Result<OpenFile> {
    const access = flags & O_ACCMODE;
    const reads = access === O_RDONLY || access === O_RDWR;
    const writes = access === O_WRONLY || access === O_RDWR;
    if (node.type === S_IFDIR) return writes ? EISDIR : EINVAL;
    const mask = (reads ? R_OK : 0) | (writes || flags & O_TRUNC ? W_OK : 0);
    const refused = permission(node, mask, caller);
    if (refused) return refused;
    if (!(node instanceof FileNode)) return ENXIO;
    if (node.type === S_IFREG && node.removed) return ENODEV;
    if (node.barsRoot) {
      if (writes && !(node.mode & S_IWUGO)) return refusal(EACCES, 'nobody may write it, not even root');
      if (reads && !(node.mode & S_IRUGO)) return refusal(EACCES, 'nobody may read it, not even root');
    }
    try {
      const file = node.open(flags, caller);
      if (isErrno(file)) return file;
      if (flags & O_DIRECT && !file.direct) {
        file.release();
        return EINVAL;
      }
      return new GuardedFile(file, node, caller, this.#listeners);
    } catch (error) {
      this.#listeners.onBug(error, `open ${node.path}`);
      return EIO;
    }
  }

  opendir(inode: Inode, caller: Caller): Result<OpenDirectory> {
    const directory = asDirectory(inode);
    if (isErrno(directory)) return directory;
    return (
      this.#told('opendir', directory, caller, permission(directory, R_OK, caller)) ??
      directory.openDirectory()
    );
  }

  create(parent: Inode, name: string, flags: number, mode: number, caller: Caller) {
    const existing = this.lookup(parent, name);
    if (!isErrno(existing)) return EEXIST;
    const inode = this.#make('create', parent, name, caller, directory =>
      directory.makeFile(name, mode & 0o7777),
    );
    if (isErrno(inode)) return inode;
    const file = this.open(inode, flags, caller);
    return isErrno(file) ? file : { inode, file };
  }

  mkdir(parent: Inode, name: string, mode: number, caller: Caller): Result<Inode> {
    return this.#make('mkdir', parent, name, caller, directory =>
      directory.makeDirectory(name, mode & 0o7777),
    );
  }

  mknod(parent: Inode, name: string, mode: number, rdev: DeviceNumber, caller: Caller): Result<Inode> {
    return this.#make('mknod', parent, name, caller, directory =>
      (mode & S_IFMT) === S_IFREG
        ? directory.makeFile(name, mode & 0o7777)
        : directory.makeDevice(name, mode, rdev),
    );
  }

  symlink(parent: Inode, name: string, target: string, caller: Caller): Result<Inode> {
    return this.#make('symlink', parent, name, caller, directory => directory.makeSymlink(name, target));
  }

  link(inode: Inode, parent: Inode, name: string, caller: Caller): Result<Inode> {
    return this.#make('link', parent, name, caller, directory => directory.makeHardLink(name, asNode(inode)));
  }

  unlink(parent: Inode, name: string, caller: Caller): Result<void> {
    return this.#unmake('unlink', parent, name, caller, (directory, child) =>
      child.type === S_IFDIR ? EISDIR : directory.removeChild(name),
    );
  }

  rmdir(parent: Inode, name: string, caller: Caller): Result<void> {
    return this.#unmake('rmdir', parent, name, caller, (directory, child) =>
      child.type === S_IFDIR ? directory.removeChild(name) : ENOTDIR,
    );
  }

  rename(from: Inode, name: string, to: Inode, newName: string, flags: number, caller: Caller): Result<void> {
    const target = asDirectory(to);
    if (isErrno(target)) return target;
    if (flags !== RENAME_FLAGS_ALLOWED) return EINVAL;
    return this.#unmake(
      'rename',
      from,
      name,
      caller,
      directory => mayChangeEntries(target, caller) ?? directory.renameChild(name, target, newName),
    );
  }

  statfs(): StatFs {
    return { blockSize: PAGE_SIZE, maxNameLength: NAME_MAX };
  }

  getxattr(inode: Inode, name: string): Result<Uint8Array> {
    const refused = xattrNameRefusal(name);
    if (refused) return refused;
    return asNode(inode).xattrs?.get(name) ?? ENODATA;
  }

  setxattr(inode: Inode, name: string, value: Uint8Array, flags: number, caller: Caller): Result<void> {
    const node = asNode(inode);
    const refused = xattrRefusal(name, caller);
    if (refused) return this.#told('setxattr', node, caller, refused);
    const present = node.xattrs?.has(name) ?? false;
    if (flags & XATTR_CREATE && present) return EEXIST;
    if (flags & XATTR_REPLACE && !present) return ENODATA;
    node.xattrs ??= new Xattrs();
    return node.xattrs.set(name, value);
  }

  listxattr(inode: Inode): string[] {
    return asNode(inode).xattrs?.names ?? [];
  }

  removexattr(inode: Inode, name: string, caller: Caller): Result<void> {
    return xattrRefusal(name, caller) ?? (asNode(inode).xattrs?.delete(name) ? undefined : ENODATA);
  }

  subscribe(listener: TreeListener): () => void {
    return this.root.tree.subscribe(listener);
  }

  #make(
    operation: string,
    parent: Inode,
    name: string,
    caller: Caller,
    make: (directory: Directory) => Result<Node>,
  ): Result<Inode> {
    const made = this.#guard(operation, name, () => {
      const directory = asDirectory(parent);
      if (isErrno(directory)) return directory;
      if (directory.tooLong(name)) return ENAMETOOLONG;
      if (directory.child(name)) return EEXIST;
      return mayChangeEntries(directory, caller) ?? make(directory);
    });
    return this.#told(operation, asNode(parent), caller, made, name);
  }

  #unmake(
    operation: string,
    parent: Inode,
    name: string,
    caller: Caller,
    unmake: (directory: Directory, child: Node) => Errno | undefined,
  ): Result<void> {
    const unmade = this.#guard(operation, name, () => {
      const directory = asDirectory(parent);
      if (isErrno(directory)) return directory;
      const child = directory.child(name);
      if (!child) return ENOENT;
      return mayChangeEntries(directory, caller) ?? unmake(directory, child);
    });
    return this.#told(operation, asNode(parent), caller, unmade, name);
  }

  /** The result, after the listener heard of it if it is an errno. */
  #told<T>(operation: string, node: Node, caller: Caller, result: T, entry?: string): T {
    if (isErrno(result))
      this.#listeners.onRefused({
        operation,
        node,
        caller,
        errno: result,
        ...(entry !== undefined && { entry }),
      });
    return result;
  }

  #guard<T>(doing: string, name: string, run: () => Result<T>): Result<T> {
    try {
      return run();
    } catch (error) {
      this.#listeners.onBug(error, `${doing} ${name}`);
      return EIO;
    }
  }
}

function asNode(inode: Inode): Node {
  if (inode instanceof Node) return inode;
  throw new TypeError('an inode of another file system');
}

function asDirectory(inode: Inode): Result<Directory> {
  return inode instanceof Directory ? inode : ENOTDIR;
}
