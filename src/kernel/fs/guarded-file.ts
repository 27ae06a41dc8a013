import { EAGAIN, EINVAL, EIO, ENODEV, type Errno, isErrno, type Result } from '../lib/errno.ts';
import { POLLERR, SEEK_END } from '../lib/stat.ts';
import type { Caller, MapRequest, OpenFile } from './file-system.ts';
import type { Node } from './node.ts';
import type { RefusalListener } from './refused-operation.ts';

/** Told of an exception inside a handler: a bug of ours, never of the client. */
export type BugReporter = (error: unknown, doing: string) => void;

/** For whoever would rather fail than go on. */
export const throwBug: BugReporter = error => {
  throw error;
};

/** What a Vfs tells of. */
export interface VfsListeners {
  readonly onBug: BugReporter;
  readonly onRefused: RefusalListener;
}

/** Keeps a bug in a show, a store or a driver from reaching the transport. */
export class GuardedFile implements OpenFile {
  readonly #file: OpenFile;
  readonly #node: Node;
  readonly #caller: Caller;
  readonly #listeners: VfsListeners;

  constructor(file: OpenFile, node: Node, caller: Caller, listeners: VfsListeners) {
    this.#file = file;
    this.#node = node;
    this.#caller = caller;
    this.#listeners = listeners;
  }

  get stream(): boolean {
    return this.#file.stream ?? false;
  }

  get unsyncable(): boolean {
    return this.#file.unsyncable ?? false;
  }

  read(offset: number, length: number, paged?: boolean) {
    try {
      const bytes = this.#file.read(offset, length, paged);
      // EAGAIN is no refusal: there is nothing yet.
      if (isErrno(bytes) && bytes !== EAGAIN) this.#refused('read', bytes);
      return bytes;
    } catch (error) {
      return this.#failed(error, 'read', EIO);
    }
  }

  write(offset: number, data: Uint8Array) {
    try {
      const count = this.#file.write(offset, data);
      if (isErrno(count)) this.#refused('write', count, data);
      return count;
    } catch (error) {
      return this.#failed(error, 'write', EIO);
    }
  }

  poll(): number {
    return this.#guard('poll', POLLERR, () => this.#file.poll());
  }

  onWake(callback: () => void): () => void {
    return this.#file.onWake(callback);
  }

  /** EINVAL for a negative position. */
  lseek(offset: number, whence: number): Result<number> {
    if (this.#file.lseek) return this.#guard('lseek', EIO, () => this.#file.lseek!(offset, whence));
    const target = whence === SEEK_END ? this.#node.size + offset : offset;
    return target < 0 ? EINVAL : target;
  }

  mmap(request: MapRequest): Result<undefined> {
    return this.#guard('mmap', EIO, () => (this.#file.mmap ? this.#file.mmap(request) : ENODEV));
  }

  release(): void {
    this.#guard('release', undefined, () => this.#file.release());
  }

  #refused(operation: 'read' | 'write', errno: Errno, written?: Uint8Array): void {
    const [node, caller] = [this.#node, this.#caller];
    this.#listeners.onRefused({ operation, node, caller, errno, ...(written && { written }) });
  }

  #guard<T, F>(doing: string, failed: F, call: () => T): T | F {
    try {
      return call();
    } catch (error) {
      return this.#failed(error, doing, failed);
    }
  }

  #failed<F>(error: unknown, doing: string, answer: F): F {
    this.#listeners.onBug(error, `${doing} ${this.#node.path}`);
    return answer;
  }
}
