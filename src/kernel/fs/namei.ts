import { ELOOP, ENOENT, ENOTDIR, isErrno, type Result } from '../lib/errno.ts';
import { S_IFDIR, S_IFLNK, X_OK } from '../lib/stat.ts';
import type { Caller, FileSystem, Inode } from './file-system.ts';

const MAX_LINKS = 40;

export interface Place {
  readonly parent: Inode;
  /** The last component; `.` for the root. */
  readonly name: string;
  readonly inode: Result<Inode>;
  /** A symbolic link was followed on the way. */
  readonly throughLink?: boolean;
}

/**
 * fs/namei.c `path_lookupat` of an absolute path: ENOENT, ENOTDIR, EACCES, or ELOOP after 40 links. A missing last component
 * still has a parent, for calls that make names.
 * @param follow a link that is the last component, too
 */
export function pathLookup(
  fileSystem: FileSystem,
  path: string,
  caller: Caller,
  follow = true,
): Result<Place> {
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

function components(path: string): string[] {
  return path.split('/').filter(name => name !== '');
}
