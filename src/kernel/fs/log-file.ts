import { EAGAIN, EINVAL, type Result } from '../lib/errno.ts';
import { partitionPoint } from '../lib/partition-point.ts';
import { O_ACCMODE, O_NONBLOCK, O_RDWR, POLLIN, POLLRDNORM, S_IFREG } from '../lib/stat.ts';
import type { Directory } from './directory.ts';
import { type Caller, type OpenFile, PENDING, type Pending, type Stat } from './file-system.ts';
import { FileNode } from './node.ts';
import type { RecordLog } from './record-log.ts';

/** Bytes of a line that tells of lost records, at most. */
const LOST_MAX = 32;

const lostLine = (records: number): string => `lost ${records} record${records === 1 ? '' : 's'}\n`;

export interface LogFileOptions {
  /** 0o644 unless it is given. */
  readonly mode?: number;
  /** The line, of 31 characters at most, that stands for records which were dropped unread: an error would end `tail -f`. */
  readonly lost?: (records: number) => string;
}

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

  /** Bytes of all records. One that was dropped before anybody looked counts as the line that tells of it. */
  get size(): number {
    const { first, next } = this.#log;
    this.#size += LOST_MAX * Math.max(0, first - this.#first - this.#starts.length);
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
  readonly #lost: (records: number) => string;

  constructor(
    parent: Directory,
    name: string,
    log: RecordLog<T>,
    format: (record: T) => string,
    { mode = 0o644, lost = lostLine }: LogFileOptions = {},
  ) {
    super(parent.tree, parent, name, mode);
    this.#lost = lost;
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
    return new OpenLog(this.#log, this.#offsets, this.#lost, flags);
  }
}

const EMPTY = new Uint8Array(0);

class OpenLog<T> implements OpenFile {
  readonly #log: RecordLog<T>;
  readonly #offsets: TextOffsets<T>;
  readonly #lost: (records: number) => string;
  readonly #flags: number;
  /** Where the last read ended; undefined before the first. */
  #position: number | undefined;
  /** The record that comes next, and how much of it was read. */
  #sequence = 0;
  #begun = 0;
  /** What is to be read before it. */
  #notice: Uint8Array = EMPTY;

  constructor(log: RecordLog<T>, offsets: TextOffsets<T>, lost: (records: number) => string, flags: number) {
    this.#log = log;
    this.#offsets = offsets;
    this.#lost = lost;
    this.#flags = flags;
  }

  read(offset: number, length: number): Result<Uint8Array> | Pending {
    if (offset !== this.#position) this.#seek(offset);
    const lost = this.#log.first - this.#sequence;
    if (lost > 0) {
      const cut = this.#begun > 0 ? '\n' : '';
      this.#notice = Buffer.concat([this.#notice, Buffer.from(cut + this.#lost(lost))]);
      this.#sequence = this.#log.first;
      this.#begun = 0;
    }
    if (!this.#hasMore) return this.#atEnd();
    const bytes = Buffer.concat([...this.#take(length)]);
    this.#position = offset + bytes.length;
    return bytes;
  }

  get #hasMore(): boolean {
    return this.#notice.length > 0 || this.#sequence < this.#log.next;
  }

  *#take(length: number): Iterable<Uint8Array> {
    let room = length;
    while (room > 0 && this.#hasMore) {
      const inNotice = this.#notice.length > 0;
      const text = inNotice ? this.#notice : this.#offsets.text(this.#sequence).subarray(this.#begun);
      const chunk = text.subarray(0, room);
      room -= chunk.length;
      yield chunk;
      if (inNotice) this.#notice = text.subarray(chunk.length);
      else if (chunk.length < text.length) this.#begun += chunk.length;
      else {
        this.#sequence++;
        this.#begun = 0;
      }
    }
  }

  /** What was dropped at an offset is not missed by who begins there. */
  #seek(offset: number): void {
    const { first, next } = this.#log;
    const sequence = offset < this.#offsets.size ? this.#offsets.at(offset) : next;
    this.#sequence = Math.max(sequence, first);
    this.#begun = sequence === this.#sequence && sequence < next ? offset - this.#offsets.start(sequence) : 0;
    this.#notice = EMPTY;
    this.#position = offset;
  }

  #atEnd(): Result<Uint8Array> | Pending {
    if ((this.#flags & O_ACCMODE) !== O_RDWR) return EMPTY;
    return this.#flags & O_NONBLOCK ? EAGAIN : PENDING;
  }

  write(): Result<number> {
    return EINVAL;
  }

  poll(): number {
    if (this.#position === undefined) this.#seek(0);
    return this.#hasMore || this.#sequence < this.#log.first ? POLLIN | POLLRDNORM : 0;
  }

  onWake(callback: () => void): () => void {
    return this.#log.subscribe(callback);
  }

  release(): void {}
}
