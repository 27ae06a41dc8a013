import type { Result } from '../lib/errno.ts';
import { EIO, isErrno } from '../lib/errno.ts';
import { DEFAULT_POLLMASK, S_IFREG } from '../lib/stat.ts';
import type { Directory } from './directory.ts';
import type { Caller, OpenFile } from './file-system.ts';
import { FileNode } from './node.ts';

/** A /proc file: the whole text is made when reading begins, st_size is 0, nothing can be written. */
export class SeqFile extends FileNode {
  readonly type = S_IFREG;
  readonly #show: (opener: Caller) => string;

  constructor(parent: Directory, name: string, show: (opener: Caller) => string, mode = 0o444) {
    super(parent.tree, parent, name, mode);
    this.#show = show;
  }

  open(_flags: number, caller: Caller): Result<OpenFile> {
    return new OpenSeqFile(() => this.#show(caller));
  }
}

class OpenSeqFile implements OpenFile {
  readonly #show: () => string;
  #text: Uint8Array = new Uint8Array(0);
  #position = -1;

  constructor(show: () => string) {
    this.#show = show;
  }

  read(offset: number, length: number): Uint8Array {
    if (offset === 0 || offset !== this.#position) this.#text = Buffer.from(this.#show());
    const bytes = this.#text.subarray(offset, offset + length);
    this.#position = offset + bytes.length;
    return bytes;
  }

  write(): Result<number> {
    return EIO;
  }

  poll(): number {
    return DEFAULT_POLLMASK;
  }

  onWake(): () => void {
    return () => {};
  }

  release(): void {}
}

/** A control file of ours: like an attribute without the one-page limits, made from two functions. */
export interface ControlFileOperations {
  readonly mode: number;
  readonly show?: (opener: Caller) => string;
  readonly store?: (text: string, opener: Caller) => Result<number | undefined>;
}

export class ControlFile extends FileNode {
  readonly type = S_IFREG;
  readonly #operations: ControlFileOperations;

  constructor(parent: Directory, name: string, operations: ControlFileOperations) {
    super(parent.tree, parent, name, operations.mode);
    this.#operations = operations;
  }

  open(_flags: number, caller: Caller): Result<OpenFile> {
    const { show, store } = this.#operations;
    const file = new OpenSeqFile(() => show?.(caller) ?? '');
    if (!store) return file;
    file.write = ((_offset: number, data: Uint8Array): Result<number> => {
      const taken = store(Buffer.from(data).toString('utf8').replace(/\0.*$/s, ''), caller);
      return isErrno(taken) ? taken : (taken ?? data.length);
    }) as typeof file.write;
    return file;
  }
}
