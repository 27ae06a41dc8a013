import { EAGAIN, EINVAL, ESPIPE, type Result } from '../lib/errno.ts';
import { O_ACCMODE, O_NONBLOCK, O_RDWR, POLLIN, POLLRDNORM, S_IFREG } from '../lib/stat.ts';
import type { Directory } from './directory.ts';
import { type Caller, type OpenFile, PENDING, type Pending, type Stat } from './file-system.ts';
import { FileNode } from './node.ts';

/** A growing list of records that can be followed: the kernel log, the uevents. */
export interface RecordLog<T> {
  /** Sequence number of the oldest record kept. */
  readonly first: number;
  /** Sequence number that the next record will get. */
  readonly next: number;
  /** The record, or undefined when it was dropped or is not there yet. */
  at(sequence: number): T | undefined;
  subscribe(listener: () => void): () => void;
}

export interface StreamOptions<T> {
  readonly mode: number;
  readonly format: (record: T) => string;
  /**
   * Whether a read at the end waits for more. `always`, or only for a descriptor opened read-write (`cat <>file`), so that
   * a plain `cat` ends. Others see the end of file, and more behind it when they read again.
   */
  readonly follow: 'always' | 'read-write';
  /** One record for each read, EINVAL when the buffer is too small, as /dev/kmsg does. */
  readonly recordWise?: boolean;
  readonly write?: (data: Uint8Array, writer: Caller) => Result<number>;
}

/** Serves a {@link RecordLog} as text, each descriptor with its own place in it. */
export class StreamFile<T> extends FileNode {
  readonly type = S_IFREG;
  readonly #log: RecordLog<T>;
  readonly #options: StreamOptions<T>;

  constructor(parent: Directory, name: string, log: RecordLog<T>, options: StreamOptions<T>) {
    super(parent.tree, parent, name, options.mode);
    this.#log = log;
    this.#options = options;
  }

  /** Moves with each record, so that `tail -f` looks again. */
  override stat(): Stat {
    const mtime = this.mtime + BigInt(this.#log.next) * 1000n;
    return { ...super.stat(), mtime };
  }

  open(flags: number, caller: Caller): OpenFile {
    return new OpenStream(this.#log, this.#options, flags, caller);
  }
}

const EMPTY = new Uint8Array(0);
const SEEK_END = 2;

class OpenStream<T> implements OpenFile {
  readonly stream = true;
  readonly #log: RecordLog<T>;
  readonly #options: StreamOptions<T>;
  readonly #flags: number;
  readonly #opener: Caller;
  #sequence: number;
  /** The unread rest of a record that did not fit. */
  #rest: Uint8Array = EMPTY;

  constructor(log: RecordLog<T>, options: StreamOptions<T>, flags: number, opener: Caller) {
    this.#log = log;
    this.#options = options;
    this.#flags = flags;
    this.#opener = opener;
    this.#sequence = log.first;
  }

  read(_offset: number, length: number): Result<Uint8Array> | Pending {
    const { recordWise, format } = this.#options;
    const chunks: Uint8Array[] = [];
    let room = length;
    while (room > 0) {
      if (this.#rest.length === 0) {
        this.#sequence = Math.max(this.#sequence, this.#log.first);
        const record = this.#log.at(this.#sequence);
        if (record === undefined) break;
        const bytes = Buffer.from(format(record));
        if (recordWise && bytes.length > length) return EINVAL;
        this.#sequence++;
        this.#rest = bytes;
      }
      const taken = this.#rest.subarray(0, room);
      chunks.push(taken);
      this.#rest = this.#rest.subarray(taken.length);
      room -= taken.length;
      if (recordWise) break;
    }
    if (chunks.length > 0) return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    if (!this.#follows) return EMPTY;
    return this.#flags & O_NONBLOCK ? EAGAIN : PENDING;
  }

  get #follows(): boolean {
    return this.#options.follow === 'always' || (this.#flags & O_ACCMODE) === O_RDWR;
  }

  write(_offset: number, data: Uint8Array): Result<number> {
    return this.#options.write?.(data, this.#opener) ?? EINVAL;
  }

  poll(): number {
    const readable = this.#rest.length > 0 || this.#sequence < this.#log.next;
    return readable ? POLLIN | POLLRDNORM : 0;
  }

  onWake(callback: () => void): () => void {
    return this.#log.subscribe(callback);
  }

  /** /dev/kmsg: only offset 0; SEEK_SET and SEEK_DATA (nothing is ever cleared) go to the first record, SEEK_END behind the last. */
  lseek(offset: number, whence: number): Result<number> {
    if (offset !== 0) return ESPIPE;
    this.#rest = EMPTY;
    this.#sequence = whence === SEEK_END ? this.#log.next : this.#log.first;
    return 0;
  }

  release(): void {}
}
