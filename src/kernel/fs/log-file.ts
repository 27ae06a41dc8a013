import { EAGAIN, EINVAL, EPIPE, type Result } from '../lib/errno.ts';
import { partitionPoint } from '../lib/partition-point.ts';
import { O_ACCMODE, O_NONBLOCK, O_RDWR, POLLIN, POLLRDNORM, S_IFREG } from '../lib/stat.ts';
import type { Directory } from './directory.ts';
import { type Caller, type OpenFile, PENDING, type Pending, type Stat } from './file-system.ts';
import { FileNode } from './node.ts';
import type { RecordLog } from './record-log.ts';

/** Where the text of each record begins, counted from the first record that there ever was. */
class TextOffsets<T> {
  readonly #log: RecordLog<T>;
  readonly #format: (record: T) => string;
  /** `#starts[i]` is that of the record `#first + i`. */
  #starts: number[] = [];
  #first = 0;
  #size = 0;

  constructor(log: RecordLog<T>, format: (record: T) => string) {
    this.#log = log;
    this.#format = format;
  }

  /** Bytes of all records. One that was dropped before anybody looked has none. */
  get size(): number {
    const { first, next } = this.#log;
    if (first - this.#first > this.#starts.length / 2) {
      this.#starts = this.#starts.slice(first - this.#first);
      this.#first = first;
    }
    for (let sequence = this.#first + this.#starts.length; sequence < next; sequence++) {
      this.#starts.push(this.#size);
      this.#size += this.text(sequence).length;
    }
    return this.#size;
  }

  text(sequence: number): Uint8Array {
    const record = this.#log.at(sequence);
    return Buffer.from(record === undefined ? '' : this.#format(record));
  }

  /** Of a record that `size` has counted. */
  start(sequence: number): number {
    return this.#starts[sequence - this.#first] ?? this.#size;
  }

  /** The record in which an offset before `size` lies. */
  at(offset: number): number {
    return this.#first + partitionPoint(this.#starts, start => start <= offset) - 1;
  }
}

/**
 * Serves a {@link RecordLog} as a text file that grows, for `tail -f`. Whoever opened it read-write (`cat <>file`) waits at its
 * end; others see the end, and more behind it when they read again.
 */
export class LogFile<T> extends FileNode {
  readonly type = S_IFREG;
  readonly #log: RecordLog<T>;
  readonly #offsets: TextOffsets<T>;

  constructor(
    parent: Directory,
    name: string,
    log: RecordLog<T>,
    format: (record: T) => string,
    mode = 0o644,
  ) {
    super(parent.tree, parent, name, mode);
    this.#log = log;
    this.#offsets = new TextOffsets(log, format);
  }

  override get attributesVary(): boolean {
    return true;
  }

  override get size(): number {
    return this.#offsets.size;
  }

  /** Its time moves with each record. */
  override stat(): Stat {
    return { ...super.stat(), mtime: this.mtime + BigInt(this.#log.next) * 1000n };
  }

  open(flags: number, _caller: Caller): OpenFile {
    return new OpenLog(this.#log, this.#offsets, flags);
  }
}

const EMPTY = new Uint8Array(0);

class OpenLog<T> implements OpenFile {
  readonly #log: RecordLog<T>;
  readonly #offsets: TextOffsets<T>;
  readonly #flags: number;
  /** Where the last read ended. */
  #position = 0;
  /** It has read, so that what it did not get is lost. */
  #follows = false;
  /** Bytes that had been dropped where this reader came to look. */
  #skipped = 0;

  constructor(log: RecordLog<T>, offsets: TextOffsets<T>, flags: number) {
    this.#log = log;
    this.#offsets = offsets;
    this.#flags = flags;
  }

  read(offset: number, length: number): Result<Uint8Array> | Pending {
    const size = this.#offsets.size;
    if (offset !== this.#position) this.#skipped = 0;
    const lost = Math.max(0, this.#offsets.start(this.#log.first) - (offset + this.#skipped));
    this.#skipped += lost;
    if (lost > 0 && this.#follows && offset === this.#position) return EPIPE;
    this.#follows = true;
    let from = offset + this.#skipped;
    this.#position = offset;
    if (from >= size) return this.#atEnd();
    const chunks: Uint8Array[] = [];
    for (let sequence = this.#offsets.at(from), room = length; room > 0 && from < size; sequence++) {
      const begin = from - this.#offsets.start(sequence);
      const chunk = this.#offsets.text(sequence).subarray(begin, begin + room);
      chunks.push(chunk);
      from += chunk.length;
      room -= chunk.length;
      this.#position += chunk.length;
    }
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  }

  #atEnd(): Result<Uint8Array> | Pending {
    if ((this.#flags & O_ACCMODE) !== O_RDWR) return EMPTY;
    return this.#flags & O_NONBLOCK ? EAGAIN : PENDING;
  }

  write(): Result<number> {
    return EINVAL;
  }

  poll(): number {
    return this.#position + this.#skipped < this.#offsets.size ? POLLIN | POLLRDNORM : 0;
  }

  onWake(callback: () => void): () => void {
    return this.#log.subscribe(callback);
  }

  release(): void {}
}
