import type { FileSystem, Inode } from '../../src/kernel/fs/file-system.ts';
import { EILSEQ, ENOENT, Errno, isErrno, type Result } from '../../src/kernel/lib/errno.ts';
import { S_IFBLK, S_IFCHR } from '../../src/kernel/lib/stat.ts';

/** Not an errno of any file system call: the VFS answers it by walking the path again. */
export const ESTALE = new Errno('ESTALE', 116);

/**
 * The package makes text of each name, with this character for what is not UTF-8: two such names may be one text. No file
 * can have one, so that none is taken for another.
 */
const REPLACEMENT = '\ufffd';

/** EILSEQ for what is not UTF-8. */
export function notUtf8(text: string): Errno | undefined {
  return text.includes(REPLACEMENT) ? EILSEQ : undefined;
}

export interface Place {
  readonly parent: Inode;
  readonly name: string;
}

/** Finds inodes by path. Nothing is kept but the identity of device nodes: a lookup is cheaper than a stale answer. */
export class Paths {
  readonly #fileSystem: FileSystem;
  readonly #devices = new Map<string, Inode>();

  constructor(fileSystem: FileSystem) {
    this.#fileSystem = fileSystem;
  }

  find(path: string): Result<Inode> {
    return this.#walk(path.split('/'));
  }

  /** Where the last component is, or would be made: EILSEQ for a name that is not UTF-8. */
  place(path: string): Result<Place> {
    const names = path.split('/');
    const name = names.pop()!;
    const parent = this.#walk(names);
    return isErrno(parent) ? parent : (notUtf8(name) ?? { parent, name });
  }

  /**
   * The inode for stat(2). libfuse gives a path one node id for ever, and the kernel keeps the st_rdev of the first
   * lookup under it; ESTALE, once, makes the kernel forget a device node that became another device meanwhile.
   */
  identify(path: string): Result<Inode> {
    const inode = this.find(path);
    const known = this.#devices.get(path);
    if (known === undefined ? !isDevice(inode) : known === inode) return inode;
    if (isDevice(inode)) this.#devices.set(path, inode);
    else this.#devices.delete(path);
    return known === undefined || isErrno(inode) ? inode : ESTALE;
  }

  #walk(names: readonly string[]): Result<Inode> {
    let inode: Inode = this.#fileSystem.root;
    for (const name of names) {
      if (name === '') continue;
      if (notUtf8(name)) return ENOENT;
      const child = this.#fileSystem.lookup(inode, name);
      if (isErrno(child)) return child;
      inode = child;
    }
    return inode;
  }
}

function isDevice(inode: Result<Inode>): inode is Inode {
  return !isErrno(inode) && (inode.type === S_IFCHR || inode.type === S_IFBLK);
}
