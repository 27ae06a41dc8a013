import type { Caller, FileSystem, Inode } from '../../../fs/file-system.ts';
import { ENOENT, ENOTDIR, Errno, isErrno, type Result } from '../../../lib/errno.ts';
import { S_IFDIR, S_IFLNK, X_OK } from '../../../lib/stat.ts';

export const ELOOP = new Errno('ELOOP', 40);
const MAX_LINKS = 40;

export interface Place {
  readonly parent: Inode;
  /** The last component; `.` for the root. */
  readonly name: string;
  readonly inode: Result<Inode>;
  /** A symbolic link was followed on the way. */
  readonly throughLink?: boolean;
}

/** fs/namei.c `path_lookupat` of an absolute path. A missing last component still has a parent, for calls that make names. */
function locate(fileSystem: FileSystem, path: string, caller: Caller, follow: boolean): Result<Place> {
  if (path === '') return ENOENT;
  const wantsDirectory = path.endsWith('/');
  const pending = components(path);
  let links = 0;
  let place: Place = { parent: fileSystem.root, name: '.', inode: fileSystem.root };
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    const directory = place.inode;
    if (isErrno(directory)) return directory;
    if (directory.type !== S_IFDIR) return ENOTDIR;
    const refused = fileSystem.access(directory, X_OK, caller);
    if (refused) return refused;
    const inode = fileSystem.lookup(directory, name);
    const last = pending.length === 0;
    if (!isErrno(inode) && inode.type === S_IFLNK && (!last || follow || wantsDirectory)) {
      if (++links > MAX_LINKS) return ELOOP;
      const target = fileSystem.readlink(inode);
      if (isErrno(target)) return target;
      pending.unshift(...components(target));
      place = target.startsWith('/')
        ? { parent: fileSystem.root, name: '.', inode: fileSystem.root }
        : { ...place, inode: directory };
      continue;
    }
    if (isErrno(inode) && !last) return inode;
    place = { parent: directory, name, inode, throughLink: links > 0 };
  }
  if (wantsDirectory && !isErrno(place.inode) && place.inode.type !== S_IFDIR) return ENOTDIR;
  return place;
}

/**
 * Walks paths for a caller who may search every directory. Remembers the directory of the last path, since who looks at
 * one file of a directory looks at the next.
 */
export class PathWalker {
  readonly #fileSystem: FileSystem;
  readonly #caller: Caller;
  #last: { readonly path: string; readonly directory: Inode } | undefined;

  constructor(fileSystem: FileSystem, caller: Caller) {
    this.#fileSystem = fileSystem;
    this.#caller = caller;
  }

  locate(path: string, follow: boolean): Result<Place> {
    const at = path.lastIndexOf('/');
    const name = path.slice(at + 1);
    if (
      this.#last &&
      !this.#last.directory.removed &&
      path.startsWith(this.#last.path) &&
      at === this.#last.path.length
    ) {
      const { directory } = this.#last;
      const inode = this.#fileSystem.lookup(directory, name);
      const plain = name !== '' && (isErrno(inode) || inode.type !== S_IFLNK || !follow);
      if (plain) return { parent: directory, name, inode };
    }
    const place = locate(this.#fileSystem, path, this.#caller, follow);
    const direct = this.#caller.uid === 0 && !isErrno(place) && place.name === name && !place.throughLink;
    this.#last = direct && !isErrno(place) ? { path: path.slice(0, at), directory: place.parent } : undefined;
    return place;
  }
}

function components(path: string): string[] {
  return path.split('/').filter(name => name !== '');
}
