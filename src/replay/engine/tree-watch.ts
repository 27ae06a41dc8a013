import type { FileSystem, Inode, Stat } from '../../kernel/fs/file-system.ts';
import { EACCES, isErrno, type Result } from '../../kernel/lib/errno.ts';
import { fromLatin1 } from '../../kernel/lib/latin1.ts';
import { formatDeviceNumber, S_IFDIR, S_IFLNK, S_IFREG } from '../../kernel/lib/stat.ts';
import { CLOSED, type Dump, type LineChange, ROOTS } from '../compare/dump.ts';
import { deviceText, dumpLine, fileText, linkText } from '../compare/dump-line.ts';
import type { Tree } from '../tree.ts';
import { contentOf, findInode, namesIn } from './kernel-reads.ts';
import { ProcWatch } from './proc-watch.ts';

interface Entry {
  readonly inode: Inode;
  readonly path: string;
  line: string;
  /** What a file answered to open(2) and read(2). */
  text: Result<string>;
  /** Of a directory that is looked into. */
  readonly children: Map<string, Entry> | undefined;
}

/** A directory of which some entries are looked at. */
interface Root {
  readonly path: string;
  readonly wanted: (name: string, entry: Inode) => boolean;
  /** Undefined while there is no such directory. */
  inode: Inode | undefined;
  readonly children: Map<string, Entry>;
}

/**
 * Seen from inside the engine, which reports changes: asked for them, it looks again only at what the file system reported, and
 * at files whose content is never reported. A dump believes no report and looks at everything, so that it also shows what
 * changed without one.
 */
export class TreeWatch implements Tree {
  readonly #fileSystem: FileSystem;
  readonly #entries = new Map<Inode, Entry>();
  readonly #proc: ProcWatch;
  readonly #roots: readonly Root[];
  readonly #reported = new Set<Inode>();
  #namesChanged = false;
  /** Files that may read differently without a report: see {@link Inode.cacheable}. */
  readonly #unreported = new Set<Entry>();
  /** From the first look on. */
  #changes: Map<string, LineChange> | undefined;

  constructor(fileSystem: FileSystem) {
    this.#fileSystem = fileSystem;
    this.#proc = new ProcWatch(fileSystem);
    this.#roots = ROOTS.map(({ directory, entries, target }) => ({
      path: directory,
      wanted: (name, entry) =>
        entries.test(name) && (!target || target.test(linkText(fileSystem.readlink(entry)))),
      inode: undefined,
      children: new Map(),
    }));
  }

  dump(): Dump {
    this.#lookAtEverything();
    const lines = new Map<string, string>();
    for (const { path, line } of this.#entries.values()) lines.set(path, line);
    for (const [key, line] of this.#proc.lines()) lines.set(key, line);
    return lines;
  }

  changes(): LineChange[] {
    if (this.#changes) this.#lookAtReported();
    else this.#lookAtEverything();
    const changes = [...this.#changes!.values()].filter(({ before, after }) => before !== after);
    this.#changes!.clear();
    return changes.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  #lookAtEverything(): void {
    const known = [...this.#entries.values()];
    this.#reported.clear();
    for (const root of this.#roots) this.#lookAtRoot(root);
    for (const entry of known) if (this.#entries.get(entry.inode) === entry) this.#lookAgain(entry);
    this.#lookAtProc();
    if (!this.#changes) this.#follow();
  }

  #follow(): void {
    this.#changes = new Map();
    this.#fileSystem.subscribe({
      entryChanged: directory => {
        this.#reported.add(directory);
        this.#namesChanged = true;
      },
      inodeChanged: inode => this.#reported.add(inode),
      attributesSet: inode => this.#reported.add(inode),
    });
  }

  #lookAtReported(): void {
    const reported = new Set(this.#reported);
    this.#reported.clear();
    for (const inode of reported) {
      const entry = this.#entries.get(inode);
      if (entry) this.#lookAgain(entry);
    }
    if (this.#namesChanged)
      for (const root of this.#roots) {
        const inode = findInode(this.#fileSystem, root.path);
        if (inode !== root.inode || (inode && reported.has(inode))) this.#lookAtRoot(root);
      }
    this.#namesChanged = false;
    for (const entry of this.#unreported)
      if (this.#read(entry.inode).text !== entry.text) this.#lookAgain(entry);
    this.#lookAtProc(reported);
  }

  #lookAtRoot(root: Root): void {
    root.inode = findInode(this.#fileSystem, root.path);
    this.#lookInto(root.inode, root.path, root.children, root.wanted);
  }

  #lookInto(
    directory: Inode | undefined,
    path: string,
    children: Map<string, Entry>,
    wanted?: Root['wanted'],
  ): void {
    const names = new Set(directory ? namesIn(this.#fileSystem, directory) : []);
    for (const [name, entry] of children) {
      if (names.has(name)) continue;
      this.#drop(entry);
      children.delete(name);
    }
    for (const name of names) {
      const inode = this.#fileSystem.lookup(directory!, name);
      const known = children.get(name);
      if (known?.inode === inode) continue;
      if (known) this.#drop(known);
      if (isErrno(inode) || (wanted && !wanted(name, inode))) children.delete(name);
      else children.set(name, this.#add(inode, `${path}/${name}`));
    }
  }

  #add(inode: Inode, path: string): Entry {
    const children = inode.type === S_IFDIR && !CLOSED.test(path) ? new Map<string, Entry>() : undefined;
    const entry: Entry = { inode, path, line: '', text: '', children };
    this.#entries.set(inode, entry);
    this.#lookAgain(entry);
    return entry;
  }

  #drop(entry: Entry): void {
    // Of what was renamed, the new entry stands there by now.
    if (this.#entries.get(entry.inode) === entry) this.#entries.delete(entry.inode);
    this.#unreported.delete(entry);
    this.#changed(entry.path, entry.line, undefined);
    for (const child of entry.children?.values() ?? []) this.#drop(child);
  }

  #lookAgain(entry: Entry): void {
    const { inode, path, line, children } = entry;
    const status = this.#fileSystem.getattr(inode);
    const now = dumpLine(path, status, this.#content(entry, status));
    if (now !== line) {
      entry.line = now;
      this.#changed(path, line === '' ? undefined : line, now);
    }
    if (children) this.#lookInto(inode, path, children);
  }

  #content(entry: Entry, { rdev }: Stat): string {
    const { inode } = entry;
    if (inode.type === S_IFDIR) return '';
    if (inode.type === S_IFLNK) return linkText(this.#fileSystem.readlink(inode));
    if (inode.type !== S_IFREG) return deviceText(formatDeviceNumber(rdev));
    const { call, text } = this.#read(inode);
    entry.text = text;
    // A refusal follows from the mode, and a mode that changes is reported.
    if (inode.cacheable || (call === 'open' && text === EACCES)) this.#unreported.delete(entry);
    else this.#unreported.add(entry);
    return fileText(call, text);
  }

  #read(inode: Inode): { readonly call: 'open' | 'read'; readonly text: Result<string> } {
    const { call, bytes } = contentOf(this.#fileSystem, inode);
    return { call, text: isErrno(bytes) ? bytes : fromLatin1(bytes) };
  }

  #lookAtProc(reported?: ReadonlySet<Inode>): void {
    for (const { key, before, after } of this.#proc.look(reported)) this.#changed(key, before, after);
  }

  #changed(key: string, before: string | undefined, after: string | undefined): void {
    const earlier = this.#changes?.get(key);
    this.#changes?.set(key, { key, before: earlier ? earlier.before : before, after });
  }
}
