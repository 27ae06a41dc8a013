import type { FileSystem, Inode, TreeListener } from '../../src/kernel/fs/file-system.ts';
import { isErrno } from '../../src/kernel/lib/errno.ts';
import { fromLatin1 } from '../../src/kernel/lib/latin1.ts';
import { S_IFDIR, S_IFLNK } from '../../src/kernel/lib/stat.ts';
import { contentOf, namesIn } from '../../src/replay/engine/kernel-reads.ts';

interface Kept {
  attributes?: string;
  /** A text that may be kept, a link's target, or a directory's listing. */
  content?: string;
  readonly names: Map<string, Inode>;
}

/** All that a kernel may keep of a file system, until it is told that something changed. */
export class KeptTree implements TreeListener {
  readonly #fs: FileSystem;
  readonly #kept = new Map<Inode, Kept>();

  constructor(fs: FileSystem) {
    this.#fs = fs;
    fs.subscribe(this);
    this.outdated();
  }

  entryChanged(directory: Inode, name: string): void {
    this.inodeChanged(directory);
    this.#kept.get(directory)?.names.delete(name);
  }

  inodeChanged(inode: Inode): void {
    const kept = this.#kept.get(inode);
    delete kept?.attributes;
    delete kept?.content;
  }

  /** Looks at everything, and tells what differs from what was kept. */
  outdated(): string[] {
    return [...this.#walk(this.#fs.root, '')];
  }

  *#walk(inode: Inode, path: string): Generator<string> {
    const kept = this.#kept.get(inode) ?? { names: new Map<string, Inode>() };
    this.#kept.set(inode, kept);
    const { mode, uid, gid, nlink, size } = this.#fs.getattr(inode);
    const attributes = `${mode.toString(8)} ${uid}:${gid} ${nlink} ${size}`;
    if ((kept.attributes ?? attributes) !== attributes) yield `${path}: ${kept.attributes} is ${attributes}`;
    if (!inode.attributesVary) kept.attributes = attributes;
    const names = inode.type === S_IFDIR ? namesIn(this.#fs, inode) : [];
    const content = this.#content(inode, names);
    if ((kept.content ?? content) !== content) yield `${path}: '${kept.content}' is '${content}'`;
    if (content === undefined) delete kept.content;
    else kept.content = content;
    for (const [name, child] of kept.names) {
      const now = this.#fs.lookup(inode, name);
      if (now === child) continue;
      yield `${path}/${name}: ${isErrno(now) ? 'is gone' : 'is another'}`;
      kept.names.delete(name);
    }
    for (const name of names) {
      const child = this.#fs.lookup(inode, name);
      if (isErrno(child)) {
        yield `${path}/${name}: is listed, but ${child}`;
        continue;
      }
      kept.names.set(name, child);
      yield* this.#walk(child, `${path}/${name}`);
    }
  }

  #content(inode: Inode, names: readonly string[]): string | undefined {
    if (inode.type === S_IFDIR) return names.join(' ');
    if (inode.type === S_IFLNK) return String(this.#fs.readlink(inode));
    if (!inode.cacheable) return undefined;
    const { bytes } = contentOf(this.#fs, inode);
    return isErrno(bytes) ? bytes.name : fromLatin1(bytes);
  }
}
