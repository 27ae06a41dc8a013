import type { FileSystem, Inode } from '../../kernel/fs/file-system.ts';
import { isErrno } from '../../kernel/lib/errno.ts';
import { fromLatin1 } from '../../kernel/lib/latin1.ts';
import { addProcLines, type Dump, dumpChanges, type LineChange, PROC_FILES } from '../compare/dump.ts';
import { contentOf, findInode } from './kernel-reads.ts';

interface ProcFile {
  readonly inode: Inode | undefined;
  readonly bytes: Uint8Array;
  readonly lines: Dump;
}

const NOTHING: ProcFile = { inode: undefined, bytes: new Uint8Array(0), lines: new Map() };

/** Long files that are reported when they read differently, as others of /proc are not. */
const REPORTED = new Set(['meminfo', 'zoneinfo']);

/** The /proc files of a dump. */
export class ProcWatch {
  readonly #fileSystem: FileSystem;
  readonly #files = new Map<string, ProcFile>();

  constructor(fileSystem: FileSystem) {
    this.#fileSystem = fileSystem;
  }

  /**
   * What has changed since the last look.
   * @param reported what the file system reported meanwhile; without it, every file is read
   */
  look(reported?: ReadonlySet<Inode>): LineChange[] {
    const changes: LineChange[] = [];
    for (const name in PROC_FILES) {
      const inode = findInode(this.#fileSystem, `/proc/${name}`);
      const known = this.#files.get(name) ?? NOTHING;
      const isSame = reported && inode && inode === known.inode && !reported.has(inode);
      if (isSame && REPORTED.has(name)) continue;
      const bytes = this.#read(inode);
      if (Buffer.compare(bytes, known.bytes) === 0) continue;
      const lines = new Map<string, string>();
      addProcLines(lines, name, fromLatin1(bytes));
      changes.push(...dumpChanges(known.lines, lines));
      this.#files.set(name, { inode, bytes, lines });
    }
    return changes;
  }

  /** The lines of the last look, by key. */
  *lines(): Iterable<[string, string]> {
    for (const { lines } of this.#files.values()) yield* lines;
  }

  #read(inode: Inode | undefined): Uint8Array {
    const answer = inode && contentOf(this.#fileSystem, inode).bytes;
    return answer && !isErrno(answer) ? answer : NOTHING.bytes;
  }
}
