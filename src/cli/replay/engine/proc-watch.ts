import type { FileSystem } from '../../../fs/file-system.ts';
import { isErrno } from '../../../lib/errno.ts';
import { fromLatin1 } from '../../../lib/latin1.ts';
import { addProcLines, type Dump, dumpChanges, type LineChange, PROC_FILES } from '../compare/dump.ts';
import { contentOf, findInode } from './kernel-reads.ts';

interface ProcFile {
  readonly bytes: Uint8Array;
  readonly lines: Dump;
}

const NOTHING: ProcFile = { bytes: new Uint8Array(0), lines: new Map() };

/** The /proc files of a dump. They report no changes: each look reads all of them. */
export class ProcWatch {
  readonly #fileSystem: FileSystem;
  readonly #files = new Map<string, ProcFile>();

  constructor(fileSystem: FileSystem) {
    this.#fileSystem = fileSystem;
  }

  /** What has changed since the last look. */
  look(): LineChange[] {
    const changes: LineChange[] = [];
    for (const name in PROC_FILES) {
      const bytes = this.#read(name);
      const known = this.#files.get(name) ?? NOTHING;
      if (Buffer.compare(bytes, known.bytes) === 0) continue;
      const lines = new Map<string, string>();
      addProcLines(lines, name, fromLatin1(bytes));
      changes.push(...dumpChanges(known.lines, lines));
      this.#files.set(name, { bytes, lines });
    }
    return changes;
  }

  /** The lines of the last look, by key. */
  *lines(): Iterable<[string, string]> {
    for (const { lines } of this.#files.values()) yield* lines;
  }

  #read(name: string): Uint8Array {
    const inode = findInode(this.#fileSystem, `/proc/${name}`);
    const answer = inode && contentOf(this.#fileSystem, inode).bytes;
    return answer && !isErrno(answer) ? answer : NOTHING.bytes;
  }
}
