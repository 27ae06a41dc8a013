import { EAGAIN, EINVAL, EPIPE, ESPIPE, type Result } from '../lib/errno.ts';
import { O_NONBLOCK, POLLERR, POLLIN, POLLPRI, POLLRDNORM, S_IFREG, SEEK_END } from '../lib/stat.ts';
import type { Directory } from './directory.ts';
import { type Caller, type OpenFile, PENDING, type Pending } from './file-system.ts';
import { FileNode } from './node.ts';
import type { RecordLog } from './record-log.ts';

export interface StreamOptions<T> {
  readonly mode: number;
  readonly format: (record: T) => string;
  readonly write?: (data: Uint8Array, writer: Caller) => Result<number>;
}

/** Serves a {@link RecordLog} as /dev/kmsg does: each descriptor has its own place in it, and waits at its end. */
export class StreamFile<T> extends FileNode {
  readonly type = S_IFREG;
  readonly #log: RecordLog<T>;
  readonly #options: StreamOptions<T>;

  constructor(parent: Directory, name: string, log: RecordLog<T>, options: StreamOptions<T>) {
    super(parent.tree, parent, name, options.mode);
    this.#log = log;
    this.#options = options;
  }

  open(flags: number, caller: Caller): OpenFile {
    return new OpenStream(this.#log, this.#options, flags, caller);
  }
}

/** kernel/printk/printk.c kmsg_fops */
class OpenStream<T> implements OpenFile {
  readonly stream = true;
  readonly #log: RecordLog<T>;
  readonly #options: StreamOptions<T>;
  readonly #flags: number;
  readonly #opener: Caller;
  #sequence: number;

  constructor(log: RecordLog<T>, options: StreamOptions<T>, flags: number, opener: Caller) {
    this.#log = log;
    this.#options = options;
    this.#flags = flags;
    this.#opener = opener;
    this.#sequence = log.first;
  }

  /** devkmsg_read: one record, EINVAL when the buffer is too small for it, EPIPE once when records were lost. */
  read(_offset: number, length: number): Result<Uint8Array> | Pending {
    if (this.#sequence < this.#log.first) {
      this.#sequence = this.#log.first;
      return EPIPE;
    }
    const record = this.#log.at(this.#sequence);
    if (record === undefined) return this.#flags & O_NONBLOCK ? EAGAIN : PENDING;
    const bytes = Buffer.from(this.#options.format(record));
    if (bytes.length > length) return EINVAL;
    this.#sequence++;
    return bytes;
  }

  write(_offset: number, data: Uint8Array): Result<number> {
    return this.#options.write?.(data, this.#opener) ?? EINVAL;
  }

  /** devkmsg_poll */
  poll(): number {
    if (this.#sequence < this.#log.first) return POLLIN | POLLRDNORM | POLLERR | POLLPRI;
    return this.#sequence < this.#log.next ? POLLIN | POLLRDNORM : 0;
  }

  onWake(callback: () => void): () => void {
    return this.#log.subscribe(callback);
  }

  /** devkmsg_llseek: only offset 0; SEEK_SET and SEEK_DATA (nothing is ever cleared) go to the first record, SEEK_END behind the last. */
  lseek(offset: number, whence: number): Result<number> {
    if (offset !== 0) return ESPIPE;
    this.#sequence = whence === SEEK_END ? this.#log.next : this.#log.first;
    return 0;
  }

  release(): void {}
}
