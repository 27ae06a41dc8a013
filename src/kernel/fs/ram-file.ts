import { EFBIG, ENOSPC, type Result } from '../lib/errno.ts';
import { PAGE_SIZE } from '../lib/page.ts';
import { SparseMemory } from '../lib/sparse-memory.ts';
import { O_TRUNC, S_IFREG } from '../lib/stat.ts';
import type { Directory } from './directory.ts';
import type { Caller, OpenFile } from './file-system.ts';
import { FileNode } from './node.ts';
import { ReadyFile } from './ready-file.ts';

/** Bytes that one file may span, and how many all files of a {@link RamSpace} may hold. */
export const RAM_FILE_MAX = 2 ** 44;
export const RAM_SPACE_MAX = 64 * 2 ** 20;

/** mm/shmem.c `struct shmem_sb_info`: what the files of one tmpfs share. */
export class RamSpace {
  used = 0;
}

/** A regular file of a tmpfs: sparse, so that only pages that somebody wrote take space. */
export class RamFile extends FileNode {
  readonly type = S_IFREG;
  readonly #space: RamSpace;
  readonly #memory = new SparseMemory();
  #size = 0;
  #users = 0;

  constructor(parent: Directory, name: string, mode: number, space: RamSpace) {
    super(parent.tree, parent, name, mode);
    this.#space = space;
  }

  override get size(): number {
    return this.#size;
  }

  override get maxBytes(): number {
    return RAM_FILE_MAX;
  }

  override truncate(size: number): void {
    if (size < this.#size) this.#account(() => this.#memory.clear(BigInt(size), BigInt(this.#size) - 1n));
    this.#size = size;
    this.tree.inodeChanged(this);
  }

  open(flags: number, _caller: Caller): Result<OpenFile> {
    if (flags & O_TRUNC) this.truncate(0);
    this.#users++;
    return new OpenRamFile(this);
  }

  /** What has no name and no user any more takes no space. */
  release(): void {
    this.#users--;
    this.#evict();
  }

  override markRemoved(): void {
    super.markRemoved();
    this.#evict();
  }

  read(offset: number, length: number): Uint8Array {
    return this.#memory.read(BigInt(offset), Math.max(0, Math.min(length, this.#size - offset)));
  }

  /** shmem_file_write_iter: EFBIG at the greatest size of a file, ENOSPC when the space is used up. */
  write(offset: number, data: Uint8Array): Result<number> {
    const taken = data.subarray(0, Math.max(0, RAM_FILE_MAX - offset));
    if (taken.length < data.length && taken.length === 0) return EFBIG;
    if (this.#space.used + taken.length + PAGE_SIZE > RAM_SPACE_MAX) return ENOSPC;
    this.#account(() => this.#memory.write(BigInt(offset), taken));
    this.#size = Math.max(this.#size, offset + taken.length);
    this.tree.inodeChanged(this);
    return taken.length;
  }

  #evict(): void {
    if (this.removed && this.#users === 0) this.#account(() => this.#memory.clear(0n, BigInt(RAM_FILE_MAX)));
  }

  #account(change: () => void): void {
    const before = this.#memory.allocated;
    change();
    this.#space.used += this.#memory.allocated - before;
  }
}

class OpenRamFile extends ReadyFile {
  readonly #file: RamFile;

  constructor(file: RamFile) {
    super();
    this.#file = file;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#file.read(offset, length);
  }

  write(offset: number, data: Uint8Array): Result<number> {
    return this.#file.write(offset, data);
  }

  override release(): void {
    this.#file.release();
  }
}
