import { isErrno, type Result } from '../lib/errno.ts';
import { S_IFREG } from '../lib/stat.ts';
import type { Directory } from './directory.ts';
import type { Caller, OpenFile } from './file-system.ts';
import { FileNode } from './node.ts';
import { OpenSeqFile } from './seq-file.ts';

/** A control file of ours: like an attribute without the one-page limits, made from two functions. */
export interface ControlFileOperations {
  readonly mode: number;
  readonly show?: (opener: Caller) => string;
  /** Gets the text up to the first NUL; returns nothing for "all taken", a count, or an errno. */
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
    return new OpenControlFile(this.#operations, caller);
  }
}

class OpenControlFile extends OpenSeqFile {
  readonly #store: ControlFileOperations['store'];
  readonly #opener: Caller;

  constructor({ show, store }: ControlFileOperations, opener: Caller) {
    super(() => show?.(opener) ?? '');
    this.#store = store;
    this.#opener = opener;
  }

  override write(offset: number, data: Uint8Array): Result<number> {
    if (!this.#store) return super.write(offset, data);
    const text = Buffer.from(data).toString('utf8').replace(/\0.*$/s, '');
    const taken = this.#store(text, this.#opener);
    return isErrno(taken) ? taken : (taken ?? data.length);
  }
}
