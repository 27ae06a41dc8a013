import type { Result } from '../lib/errno.ts';
import { EIO } from '../lib/errno.ts';
import { S_IFREG } from '../lib/stat.ts';
import type { Directory } from './directory.ts';
import type { Caller, OpenFile } from './file-system.ts';
import { FileNode } from './node.ts';
import { ReadyFile } from './ready-file.ts';

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

/** fs/seq_file.c: a text that lasts until its reader begins anew. */
export class OpenSeqFile extends ReadyFile {
  readonly unsyncable = true;
  readonly #show: () => string;
  #text: Uint8Array = new Uint8Array(0);
  #position = -1;

  constructor(show: () => string) {
    super();
    this.#show = show;
  }

  read(offset: number, length: number): Uint8Array {
    if (offset === 0 || offset !== this.#position) this.#text = Buffer.from(this.#show());
    const bytes = this.#text.subarray(offset, offset + length);
    this.#position = offset + bytes.length;
    return bytes;
  }

  write(_offset: number, _data: Uint8Array): Result<number> {
    return EIO;
  }
}
