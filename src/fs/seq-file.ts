import type { Result } from '../lib/errno.ts';
import { EIO } from '../lib/errno.ts';
import { PAGE_SIZE } from '../lib/page.ts';
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
  #text: Uint8Array = new Uint8Array(0);
  /** Where each record ends. */
  #ends: readonly number[] = [];
  #position = -1;
  /** Up to where records are in the buffer. */
  #buffered = 0;
  #bufferBytes = PAGE_SIZE;

  constructor(show: () => Shown) {
    super();
    this.#show = show;
  }

  read(offset: number, length: number, paged = false): Uint8Array {
    if (offset === 0 || offset !== this.#position) this.#traverse(offset);
    const wanted = offset + length;
    if (paged) this.#buffered = Math.max(this.#buffered, wanted);
    else if (this.#buffered < wanted) this.#fill(wanted - this.#buffered);
    const bytes = this.#text.subarray(offset, Math.min(wanted, this.#buffered));
    this.#position = offset + bytes.length;
    return bytes;
  }

  write(_offset: number, _data: Uint8Array): Result<number> {
    return EIO;
  }

  /** traverse: the record that a read begins within is in the buffer. */
  #traverse(offset: number): void {
    const shown = this.#show();
    const records = (typeof shown === 'string' ? [shown] : shown).map(record => Buffer.from(record));
    this.#text = Buffer.concat(records);
    let end = 0;
    this.#ends = records.map(record => (end += record.length));
    const before = this.#ends.findLast(at => at <= offset) ?? 0;
    this.#buffered = before === offset ? offset : (this.#ends.find(at => at > offset) ?? end);
  }

  /** seq_read_iter: one record whatever its size, and more while they fit the buffer and are wanted. */
  #fill(wanted: number): void {
    const start = this.#buffered;
    let next = this.#ends.findIndex(end => end > start);
    if (next < 0) return;
    while (this.#ends[next]! - start >= this.#bufferBytes) this.#bufferBytes *= 2;
    const fits = (end: number | undefined) => end !== undefined && end - start < this.#bufferBytes;
    while (this.#ends[next]! - start < wanted && fits(this.#ends[next + 1])) next++;
    this.#buffered = this.#ends[next]!;
  }
}
