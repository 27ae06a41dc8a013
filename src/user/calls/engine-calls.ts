import type { Caller, FileSystem, Inode } from '../../kernel/fs/file-system.ts';
import type { Place } from '../../kernel/fs/namei.ts';
import {
  EEXIST,
  EINVAL,
  EISDIR,
  ELOOP,
  ENOENT,
  ENOTDIR,
  isErrno,
  type Result,
  sameErrno,
} from '../../kernel/lib/errno.ts';
import {
  O_ACCMODE,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
} from '../../kernel/lib/stat.ts';
import type { Entry, FileStatus, FileSystemStatus, SystemCalls } from '../system-calls.ts';
import { EngineDescriptors, fileStatus } from './engine-descriptors.ts';
import { PathWalker } from './path-walk.ts';

/** The system calls straight on the engine's {@link FileSystem}: what fs/ of a kernel does above a file system. */
export class EngineCalls extends EngineDescriptors implements SystemCalls {
  readonly #fileSystem: FileSystem;
  readonly #caller: Caller;
  readonly #walker: PathWalker;

  constructor(fileSystem: FileSystem, caller: Caller) {
    super(fileSystem, caller);
    this.#fileSystem = fileSystem;
    this.#caller = caller;
    this.#walker = new PathWalker(fileSystem, caller);
  }

  open(path: string, flags: number): Result<number> {
    const place = this.#locate(path, !(flags & (O_NOFOLLOW | O_EXCL)));
    if (isErrno(place)) return place;
    const { inode } = place;
    if (isErrno(inode)) {
      if (!sameErrno(inode, ENOENT) || !(flags & O_CREAT)) return inode;
      const made = this.#fileSystem.create(place.parent, place.name, flags, 0o644, this.#caller);
      return isErrno(made) ? made : this.install(made.inode, made.file, flags);
    }
    if (flags & O_PATH) return this.install(inode, undefined, flags);
    if (flags & O_CREAT && flags & O_EXCL) return EEXIST;
    if (inode.type === S_IFLNK) return ELOOP;
    if (flags & O_DIRECTORY && inode.type !== S_IFDIR) return ENOTDIR;
    if (inode.type === S_IFDIR) {
      if (flags & (O_ACCMODE | O_CREAT)) return EISDIR;
      const directory = this.#fileSystem.opendir(inode, this.#caller);
      return isErrno(directory) ? directory : this.install(inode, undefined, flags);
    }
    const file = this.#fileSystem.open(inode, flags, this.#caller);
    return isErrno(file) ? file : this.install(inode, file, flags);
  }

  readdir(path: string): Result<Entry[]> {
    const inode = this.#walk(path);
    if (isErrno(inode)) return inode;
    const cursor = this.#fileSystem.opendir(inode, this.#caller);
    if (isErrno(cursor)) return cursor;
    const entries: Entry[] = [];
    cursor.seek(0);
    for (let entry = cursor.peek(); entry; entry = cursor.peek()) {
      const type = entry.type === S_IFDIR ? 'directory' : entry.type === S_IFLNK ? 'link' : 'other';
      entries.push({ name: entry.name, type });
      cursor.advance();
    }
    return entries;
  }

  stat(path: string): Result<FileStatus> {
    return this.#on(path, true, inode => fileStatus(this.#fileSystem.getattr(inode)));
  }

  lstat(path: string): Result<FileStatus> {
    return this.#on(path, false, inode => fileStatus(this.#fileSystem.getattr(inode)));
  }

  /** The magic number and the mount flags are the mount's, not the file system's. */
  statfs(path: string): Result<FileSystemStatus> {
    return this.#on(path, true, inode => {
      const { blockSize, maxNameLength } = this.#fileSystem.statfs(inode);
      return { type: 0, bsize: blockSize, namelen: maxNameLength, flags: 0, blocks: 0, files: 0 };
    });
  }

  readlink(path: string): Result<string> {
    return this.#on(path, false, inode => this.#fileSystem.readlink(inode));
  }

  access(path: string, mask: number): Result<void> {
    return this.#on(path, true, inode => this.#fileSystem.access(inode, mask, this.#caller));
  }

  chmod(path: string, mode: number): Result<void> {
    return this.#on(path, true, inode => this.#set(inode, { mode }));
  }

  chown(path: string, uid: number, gid: number): Result<void> {
    return this.#on(path, true, inode => this.#set(inode, { uid, gid }));
  }

  truncate(path: string, length: number): Result<void> {
    return this.#on(path, true, inode => {
      if (inode.type === S_IFDIR) return EISDIR;
      return inode.type === S_IFREG ? this.#set(inode, { size: length }) : EINVAL;
    });
  }

  utimes(path: string): Result<void> {
    return this.#on(path, true, inode => this.#set(inode, { atime: 'now', mtime: 'now' }));
  }

  mkdir(path: string): Result<void> {
    return this.#make(path, (parent, name) => this.#fileSystem.mkdir(parent, name, 0o755, this.#caller));
  }

  mknod(path: string): Result<void> {
    const rdev = { major: 0, minor: 0 };
    return this.#make(path, (parent, name) =>
      this.#fileSystem.mknod(parent, name, S_IFREG | 0o644, rdev, this.#caller),
    );
  }

  symlink(target: string, path: string): Result<void> {
    return this.#make(path, (parent, name) => this.#fileSystem.symlink(parent, name, target, this.#caller));
  }

  link(target: string, path: string): Result<void> {
    return this.#on(target, false, inode =>
      this.#make(path, (parent, name) => this.#fileSystem.link(inode, parent, name, this.#caller)),
    );
  }

  rmdir(path: string): Result<void> {
    const place = this.#locate(path, false);
    return isErrno(place) ? place : this.#fileSystem.rmdir(place.parent, place.name, this.#caller);
  }

  unlink(path: string): Result<void> {
    const place = this.#locate(path, false);
    return isErrno(place) ? place : this.#fileSystem.unlink(place.parent, place.name, this.#caller);
  }

  rename(from: string, to: string): Result<void> {
    const source = this.#locate(from, false);
    if (isErrno(source)) return source;
    const target = this.#locate(to, false);
    if (isErrno(target)) return target;
    return this.#fileSystem.rename(source.parent, source.name, target.parent, target.name, 0, this.#caller);
  }

  listxattr(path: string): Result<string[]> {
    return this.#on(path, true, inode => this.#fileSystem.listxattr(inode));
  }

  getxattr(path: string, name: string): Result<Uint8Array> {
    return this.#on(path, true, inode => this.#fileSystem.getxattr(inode, name));
  }

  setxattr(path: string, name: string, value: Uint8Array): Result<void> {
    return this.#on(path, true, inode => this.#fileSystem.setxattr(inode, name, value, 0, this.#caller));
  }

  #locate(path: string, follow: boolean): Result<Place> {
    return this.#walker.locate(path, follow);
  }

  #walk(path: string): Result<Inode> {
    const place = this.#locate(path, true);
    return isErrno(place) ? place : place.inode;
  }

  #on<T>(path: string, follow: boolean, use: (inode: Inode) => Result<T>): Result<T> {
    const place = this.#locate(path, follow);
    if (isErrno(place)) return place;
    return isErrno(place.inode) ? place.inode : use(place.inode);
  }

  #make(path: string, make: (parent: Inode, name: string) => Result<Inode>): Result<void> {
    const place = this.#locate(path, false);
    if (isErrno(place)) return place;
    if (!isErrno(place.inode)) return EEXIST;
    const made = make(place.parent, place.name);
    return isErrno(made) ? made : undefined;
  }

  #set(inode: Inode, change: Parameters<FileSystem['setattr']>[1]): Result<void> {
    const result = this.#fileSystem.setattr(inode, change, this.#caller);
    return isErrno(result) ? result : undefined;
  }
}
