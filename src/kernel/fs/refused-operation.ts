import type { Errno } from '../lib/errno.ts';
import type { Caller } from './file-system.ts';
import type { Node } from './node.ts';

/** What the VFS was asked for and refused, other than a question such as lookup or access(2). */
export interface RefusedOperation {
  readonly operation: string;
  /** For what is done to an entry of a directory, the directory. */
  readonly node: Node;
  /** The entry of the directory. */
  readonly entry?: string;
  /** Who asked; of an open file, who opened it. */
  readonly caller: Caller;
  readonly errno: Errno;
  /** Only valid during the call. */
  readonly written?: Uint8Array;
}

export type RefusalListener = (refused: RefusedOperation) => void;
