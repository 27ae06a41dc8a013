import type { Result } from '../lib/errno.ts';
import { EIO } from '../lib/errno.ts';
import { PAGE_SIZE } from '../lib/page.ts';
import { partitionPoint } from '../lib/partition-point.ts';
import { S_IFREG } from '../lib/stat.ts';
import type { Directory } from './directory.ts';
import type { Caller, OpenFile } from './file-system.ts';
import { FileNode } from './node.ts';
import { ReadyFile } from './ready-file.ts';

/** What is shown: in records, of which read(2) gives only whole ones; a text is a single one. */
type Shown = string | readonly string[];

/** The records of a file that shows a line at a time. */
export const lines = (text: string): string[] => text.split(/(?<=\n)/);

/** A /proc file: the whole text is made when reading begins, st_size is 0, nothing can be written. */
export class SeqFile extends FileNode {
  readonly type = S_IFREG;
  readonly #show: (opener: Caller) => Shown;

  constructor(parent: Directory, name: string, show: (opener: Caller) => Shown, mode = 0o444) {
    super(parent.tree, parent, name, mode);
    this.#show = show;
  }

  open(_flags: number, caller: Caller): Result<OpenFile> {
    return new OpenSeqFile(() => this.#show(caller));
  }
}

/** fs/seq_file.c: a text that lasts until its reader begins anew. */
export class OpenSeqFile extends ReadyFile {
  readonly unsyncable = true;
  readonly #show: () => Shown;
  #records: readonly string[] = [];
  #text: Uint8Array = new Uint8Array(0);
  /** Where each record ends, once somebody asks. */
  #knownEnds: readonly number[] | undefined;
  #position = -1;
  /** Up to where records are in the buffer. */
  #buffered = 0;
  #bufferBytes = PAGE_SIZE;

  constructor(show: () => Shown) {
    super();
    this.#show = show;
  }

  read(offset: number, length: number, paged = false): Uint8Array {
    const begins = offset === 0 || offset !== this.#position;
    if (begins) this.#start();
    const wanted = offset + length;
    if (paged) this.#buffered = Math.max(this.#buffered, wanted);
    else {
      if (begins) this.#traverse(offset);
      if (this.#buffered < wanted) this.#fill(wanted - this.#buffered);
    }
    const bytes = this.#text.subarray(offset, Math.min(wanted, this.#buffered));
    this.#position = offset + bytes.length;
    return bytes;
  }

  write(_offset: number, _data: Uint8Array): Result<number> {
    return EIO;
  }

  #start(): void {
    const shown = this.#show();
    this.#records = typeof shown === 'string' ? [shown] : shown;
    this.#text = Buffer.from(this.#records.join(''));
    this.#knownEnds = undefined;
    this.#buffered = 0;
  }

  get #ends(): readonly number[] {
    let end = 0;
    this.#knownEnds ??= this.#records.map(record => (end += Buffer.byteLength(record)));
    return this.#knownEnds;
  }

  /** traverse: the record that a read begins within is in the buffer. */
  #traverse(offset: number): void {
    const ends = this.#ends;
    const before = ends.findLast(at => at <= offset) ?? 0;
    this.#buffered = before === offset ? offset : (ends.find(at => at > offset) ?? this.#text.length);
  }

  /** seq_read_iter: one record whatever its size, and more while they fit the buffer and are wanted. */
  #fill(wanted: number): void {
    const start = this.#buffered;
    const ends = this.#ends;
    let next = partitionPoint(ends, end => end <= start);
    if (next === ends.length) return;
    while (ends[next]! - start >= this.#bufferBytes) this.#bufferBytes *= 2;
    const fits = (end: number | undefined) => end !== undefined && end - start < this.#bufferBytes;
    while (ends[next]! - start < wanted && fits(ends[next + 1])) next++;
    this.#buffered = ends[next]!;
  }
}
