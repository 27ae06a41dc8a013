import type { Caller, FileSystem, Inode } from '../../kernel/fs/file-system.ts';
import { type Place, pathLookup } from '../../kernel/fs/namei.ts';
import { isErrno, type Result } from '../../kernel/lib/errno.ts';
import { S_IFLNK } from '../../kernel/lib/stat.ts';

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
    const place = pathLookup(this.#fileSystem, path, this.#caller, follow);
    const direct = this.#caller.uid === 0 && !isErrno(place) && place.name === name && !place.throughLink;
    this.#last = direct && !isErrno(place) ? { path: path.slice(0, at), directory: place.parent } : undefined;
    return place;
  }
}
