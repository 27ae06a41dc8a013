import { EIO, ENODEV, type Result } from '../lib/errno.ts';
import { SEEK_END } from '../lib/stat.ts';
import type { MapRequest, OpenFile } from './file-system.ts';
import type { Node } from './node.ts';

/** Told of an exception inside a handler: a bug of ours, never of the client. */
export type BugReporter = (error: unknown, doing: string) => void;

/** Keeps a bug in a show or store from reaching the transport. */
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

  read(offset: number, length: number) {
    try {
      return this.#file.read(offset, length);
    } catch (error) {
      this.#onBug(error, `read ${this.#node.path}`);
      return EIO;
    }
  }

  write(offset: number, data: Uint8Array) {
    try {
      return this.#file.write(offset, data);
    } catch (error) {
      this.#onBug(error, `write ${this.#node.path}`);
      return EIO;
    }
  }

  poll(): number {
    return this.#file.poll();
  }

  onWake(callback: () => void): () => void {
    return this.#file.onWake(callback);
  }

  lseek(offset: number, whence: number): Result<number> {
    return this.#file.lseek?.(offset, whence) ?? (whence === SEEK_END ? this.#node.size + offset : offset);
  }

  mmap(request: MapRequest): Result<undefined> {
    return this.#file.mmap ? this.#file.mmap(request) : ENODEV;
  }

  release(): void {
    this.#file.release();
  }
}
