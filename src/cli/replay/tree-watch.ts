import {
  type FileSystem,
  type Inode,
  KERNEL,
  type OpenFile,
  PENDING,
  type Stat,
} from '../../fs/file-system.ts';
import { EACCES, EAGAIN, ENOENT, isErrno, type Result } from '../../lib/errno.ts';
import { fromLatin1 } from '../../lib/latin1.ts';
import { formatDeviceNumber, O_RDONLY, S_IFDIR, S_IFLNK, S_IFREG } from '../../lib/stat.ts';
import { addProcLines, CLOSED, type Dump, dumpChanges, type LineChange, PROC_FILES, ROOTS } from './dump.ts';
import { deviceText, dumpLine, fileText, linkText } from './dump-line.ts';

const READ_SIZE = 65536;

interface Entry {
  readonly inode: Inode;
  readonly path: string;
  line: string;
  /** What a file answered to open(2) and read(2). */
  text: Result<string>;
  /** Of a directory that is looked into. */
  readonly children: Map<string, Entry> | undefined;
}

interface ProcFile {
  readonly text: string;
  readonly lines: Dump;
}

const NOTHING: ProcFile = { text: '', lines: new Map() };

/**
 * The dump of an engine's file system, kept up to date: asked for changes, it looks again only at what the file system
 * reported, and at files whose content is never reported.
 */
export class TreeWatch {
  readonly #fileSystem: FileSystem;
  readonly #entries = new Map<Inode, Entry>();
  readonly #proc = new Map<string, ProcFile>();
  #roots = new Map<string, Entry>();
  #reported = new Set<Inode>();
  #namesChanged = false;
  /** Files that may read differently without a report: see {@link Inode.cacheable}. */
  readonly #unreported = new Set<Entry>();
  #changes: Map<string, LineChange> | undefined;

  constructor(fileSystem: FileSystem) {
    this.#fileSystem = fileSystem;
    this.#lookAtRoots();
    this.#lookAtProc();
  }

  /** Listens to the file system from now on. */
  follow(): void {
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

  dump(): Dump {
    const lines = new Map<string, string>();
    for (const { path, line } of this.#entries.values()) lines.set(path, line);
    for (const file of this.#proc.values()) for (const [key, line] of file.lines) lines.set(key, line);
    return lines;
  }

  /** What has changed since the last call, or since it is followed. */
  changes(): LineChange[] {
    const reported = this.#reported;
    this.#reported = new Set();
    for (const inode of reported) {
      const entry = this.#entries.get(inode);
      if (!entry) continue;
      this.#lookAgain(entry);
      if (entry.children) this.#lookInto(entry, entry.children);
    }
    if (this.#namesChanged) this.#lookAtRoots();
    this.#namesChanged = false;
    for (const entry of this.#unreported) if (this.#read(entry.inode) !== entry.text) this.#lookAgain(entry);
    this.#lookAtProc();
    const changes = [...(this.#changes?.values() ?? [])].filter(({ before, after }) => before !== after);
    this.#changes?.clear();
    return changes.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  #lookAtRoots(): void {
    const roots = new Map<string, Entry>();
    for (const { directory, entries, target } of ROOTS) {
      const inode = this.#find(directory);
      if (!inode) continue;
      for (const name of this.#names(inode)) {
        if (!entries.test(name)) continue;
        const child = this.#fileSystem.lookup(inode, name);
        if (isErrno(child) || (target && !target.test(linkText(this.#fileSystem.readlink(child))))) continue;
        const known = this.#roots.get(`${directory}/${name}`);
        const entry = known?.inode === child ? known : this.#replace(known, child, `${directory}/${name}`);
        roots.set(entry.path, entry);
      }
    }
    for (const [path, entry] of this.#roots) if (!roots.has(path)) this.#drop(entry);
    this.#roots = roots;
  }

  #lookInto(directory: Entry, children: Map<string, Entry>): void {
    const names = new Set(this.#names(directory.inode));
    for (const [name, entry] of children) {
      if (names.has(name)) continue;
      this.#drop(entry);
      children.delete(name);
    }
    for (const name of names) {
      const known = children.get(name);
      const inode = this.#fileSystem.lookup(directory.inode, name);
      if (isErrno(inode) || known?.inode === inode) continue;
      children.set(name, this.#replace(known, inode, `${directory.path}/${name}`));
    }
  }

  #replace(known: Entry | undefined, inode: Inode, path: string): Entry {
    if (known) this.#drop(known);
    const children = inode.type === S_IFDIR && !CLOSED.test(path) ? new Map<string, Entry>() : undefined;
    const entry: Entry = { inode, path, line: '', text: '', children };
    this.#entries.set(inode, entry);
    this.#lookAgain(entry);
    if (children) this.#lookInto(entry, children);
    return entry;
  }

  #drop(entry: Entry): void {
    this.#entries.delete(entry.inode);
    this.#unreported.delete(entry);
    this.#changed(entry.path, entry.line, undefined);
    for (const child of entry.children?.values() ?? []) this.#drop(child);
  }

  #lookAgain(entry: Entry): void {
    const { inode, path, line } = entry;
    const status = this.#fileSystem.getattr(inode);
    entry.line = dumpLine(path, status, this.#content(entry, status));
    if (entry.line !== line) this.#changed(path, line === '' ? undefined : line, entry.line);
  }

  #content(entry: Entry, { rdev }: Stat): string {
    const { inode } = entry;
    if (inode.type === S_IFDIR) return '';
    if (inode.type === S_IFLNK) return linkText(this.#fileSystem.readlink(inode));
    if (inode.type !== S_IFREG) return deviceText(formatDeviceNumber(rdev));
    const opened = this.#fileSystem.open(inode, O_RDONLY, KERNEL);
    entry.text = isErrno(opened) ? opened : readToEnd(opened);
    // A refusal follows from the mode, and a mode that changes is reported.
    if (inode.cacheable || opened === EACCES) this.#unreported.delete(entry);
    else this.#unreported.add(entry);
    return fileText(isErrno(opened) ? 'open' : 'read', entry.text);
  }

  #read(inode: Inode): Result<string> {
    const opened = this.#fileSystem.open(inode, O_RDONLY, KERNEL);
    return isErrno(opened) ? opened : readToEnd(opened);
  }

  #lookAtProc(): void {
    for (const name in PROC_FILES) {
      const inode = this.#find(`/proc/${name}`);
      const answer = inode ? this.#read(inode) : ENOENT;
      const text = isErrno(answer) ? '' : answer;
      const known = this.#proc.get(name) ?? NOTHING;
      if (text === known.text) continue;
      const lines = new Map<string, string>();
      addProcLines(lines, name, text);
      for (const { key, before, after } of dumpChanges(known.lines, lines)) this.#changed(key, before, after);
      this.#proc.set(name, { text, lines });
    }
  }

  #changed(key: string, before: string | undefined, after: string | undefined): void {
    const earlier = this.#changes?.get(key);
    this.#changes?.set(key, { key, before: earlier ? earlier.before : before, after });
  }

  #find(path: string): Inode | undefined {
    let inode = this.#fileSystem.root;
    for (const name of path.split('/').slice(1)) {
      const child = this.#fileSystem.lookup(inode, name);
      if (isErrno(child)) return undefined;
      inode = child;
    }
    return inode;
  }

  *#names(directory: Inode): Generator<string> {
    const cursor = this.#fileSystem.opendir(directory, KERNEL);
    if (isErrno(cursor)) return;
    cursor.seek(0);
    for (let entry = cursor.peek(); entry; entry = cursor.peek()) {
      if (entry.name !== '.' && entry.name !== '..') yield entry.name;
      cursor.advance();
    }
  }
}

function readToEnd(file: OpenFile): Result<string> {
  let text = '';
  let answer: Result<string> | undefined;
  while (answer === undefined) {
    const chunk = file.read(text.length, READ_SIZE);
    if (chunk === PENDING) answer = EAGAIN;
    else if (isErrno(chunk)) answer = chunk;
    else if (chunk.length === 0) answer = text;
    else text += fromLatin1(chunk);
  }
  file.release();
  return answer;
}
