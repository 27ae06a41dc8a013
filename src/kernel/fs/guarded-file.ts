import { EINVAL, EIO, ENODEV, type Result } from '../lib/errno.ts';
import { POLLERR, SEEK_END } from '../lib/stat.ts';
import type { MapRequest, OpenFile } from './file-system.ts';
import type { Node } from './node.ts';

/** Told of an exception inside a handler: a bug of ours, never of the client. */
export type BugReporter = (error: unknown, doing: string) => void;

/** For whoever would rather fail than go on. */
export const throwBug: BugReporter = error => {
  throw error;
};

/** Keeps a bug in a show, a store or a driver from reaching the transport. */
export class GuardedFile implements OpenFile {
  readonly #file: OpenFile;
  readonly #node: Node;
  readonly #onBug: BugReporter;

  constructor(file: OpenFile, node: Node, onBug: BugReporter) {
    this.#file = file;
    this.#node = node;
    this.#onBug = onBug;
  }

  get stream(): boolean {
    return this.#file.stream ?? false;
  }

  get unsyncable(): boolean {
    return this.#file.unsyncable ?? false;
  }

  read(offset: number, length: number, paged?: boolean) {
    try {
      return this.#file.read(offset, length, paged);
    } catch (error) {
      return this.#failed(error, 'read', EIO);
    }
  }

  write(offset: number, data: Uint8Array) {
    try {
      return this.#file.write(offset, data);
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

  #guard<T, F>(doing: string, failed: F, call: () => T): T | F {
    try {
      return call();
    } catch (error) {
      return this.#failed(error, doing, failed);
    }
  }

  #failed<F>(error: unknown, doing: string, answer: F): F {
    this.#onBug(error, `${doing} ${this.#node.path}`);
    return answer;
  }
}
