import { EIO, ENOSPC, type Errno, type Result } from '../lib/errno.ts';
import { S_IFREG } from '../lib/stat.ts';
import type { Directory } from './directory.ts';
import type { OpenFile } from './file-system.ts';
import { FileNode } from './node.ts';
import { ReadyFile } from './ready-file.ts';

/** What a device answers: a read fills the buffer, or finds the end; a write is taken and forgotten, or refused. */
export interface MemoryDeviceOperations {
  readonly fill?: (buffer: Uint8Array) => void;
  readonly write?: (data: Uint8Array) => Result<number>;
}

/**
 * Bytes that one descriptor reads at most. Real devices have no end; these are regular files, into which `cp -r` and
 * `grep -r` go.
 */
export const READ_MAX = 64 * 2 ** 20;

const discard = (data: Uint8Array): number => data.length;
const refuse = (error: Errno) => (): Errno => error;

/** The kernel's generator says no more about itself than that: xorshift32. */
function randomFill(): (buffer: Uint8Array) => void {
  let state = 0x9e3779b9;
  return buffer => {
    for (let i = 0; i < buffer.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      buffer[i] = state;
    }
  };
}

const random = { fill: randomFill() };
const zeroes = (buffer: Uint8Array): Uint8Array => buffer.fill(0);
/** hung_up_tty_fops: the terminal behind it is gone. */
const hungUp = { write: refuse(EIO) };

/** drivers/char/mem.c and random.c, and terminals. */
export const MEMORY_DEVICES: Readonly<Record<string, MemoryDeviceOperations>> = {
  null: {},
  zero: { fill: zeroes },
  full: { fill: zeroes, write: refuse(ENOSPC) },
  random,
  urandom: random,
  tty: hungUp,
  ptmx: hungUp,
  console: hungUp,
};

/** A device without content as a regular file, over which the host's own can be bound. */
export class MemoryDevice extends FileNode {
  readonly type = S_IFREG;
  readonly #operations: MemoryDeviceOperations;

  constructor(parent: Directory, name: string, mode: number, operations: MemoryDeviceOperations) {
    super(parent.tree, parent, name, mode);
    this.#operations = operations;
  }

  /** A seek goes anywhere. */
  override get maxBytes(): number {
    return Number.MAX_SAFE_INTEGER;
  }

  open(): OpenFile {
    return new OpenMemoryDevice(this.#operations);
  }
}

class OpenMemoryDevice extends ReadyFile {
  readonly #operations: MemoryDeviceOperations;
  #left = READ_MAX;

  constructor(operations: MemoryDeviceOperations) {
    super();
    this.#operations = operations;
  }

  read(_offset: number, length: number): Uint8Array {
    const { fill } = this.#operations;
    const buffer = new Uint8Array(fill ? Math.min(length, this.#left) : 0);
    fill?.(buffer);
    this.#left -= buffer.length;
    return buffer;
  }

  write(_offset: number, data: Uint8Array): Result<number> {
    return (this.#operations.write ?? discard)(data);
  }
}
