import type { Directory } from '../../fs/directory.ts';
import type { Caller, OpenFile } from '../../fs/file-system.ts';
import { FileNode } from '../../fs/node.ts';
import { ENOSPC, ENXIO, isErrno, type Result } from '../../lib/errno.ts';
import { S_IFREG } from '../../lib/stat.ts';
import type { DevDax } from '../dev-dax.ts';
import type { DaxMemory } from './dax-memory.ts';
import { claimedExtents, type Extent, physicalPieces } from './device-translation.ts';

/**
 * The contents of a dax device as a regular file that can be mapped. A character node cannot do that: its opening never
 * reaches a file system in user space.
 *
 * The requests for pages of a mapping and those of read(2) and write(2) are the same, so both work here, where the
 * device node answers EINVAL. An uncorrectable error is EIO, which a mapping sees as SIGBUS. Opening needs device_dax to be bound, as the node does: ENXIO.
 */
export class DaxMemoryFile extends FileNode {
  readonly type = S_IFREG;
  readonly #dax: DevDax;
  readonly #memory: DaxMemory;

  constructor(parent: Directory, name: string, dax: DevDax, memory: DaxMemory) {
    super(parent.tree, parent, name, 0o600);
    this.#dax = dax;
    this.#memory = memory;
  }

  override get paged(): boolean {
    return true;
  }

  override get size(): number {
    return Number(this.#dax.size);
  }

  override get maxBytes(): number {
    return Number.MAX_SAFE_INTEGER;
  }

  open(flags: number, caller: Caller): Result<OpenFile> {
    const device = this.#dax.file.open(flags, caller);
    return isErrno(device) ? device : new OpenDaxMemory(this.#dax, this.#memory, device);
  }
}

/**
 * Reads end with the binding, as user mappings do. Writes do not: they may be the write-back of stores that a program
 * made before, and belong to the ranges that were claimed when it opened the file.
 */
class OpenDaxMemory implements OpenFile {
  readonly #dax: DevDax;
  readonly #memory: DaxMemory;
  readonly #device: OpenFile;
  readonly #binding: DevDax['pageMap'];
  readonly #extents: readonly Extent[];

  constructor(dax: DevDax, memory: DaxMemory, device: OpenFile) {
    this.#dax = dax;
    this.#memory = memory;
    this.#device = device;
    this.#binding = dax.pageMap;
    this.#extents = claimedExtents(dax);
  }

  read(offset: number, length: number): Result<Uint8Array> {
    const { object, pageMap } = this.#dax;
    if (!object.alive || pageMap !== this.#binding) return ENXIO;
    const pieces: Uint8Array[] = [];
    const { memremap } = this.#dax.region.bus;
    for (const piece of physicalPieces(this.#extents, BigInt(offset), length)) {
      memremap.setMapping(piece.address, BigInt(piece.length));
      const bytes = this.#memory.read(piece.address, piece.length);
      if (isErrno(bytes)) return bytes;
      pieces.push(bytes);
    }
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  write(offset: number, data: Uint8Array): Result<number> {
    let taken = 0;
    for (const { address, length } of physicalPieces(this.#extents, BigInt(offset), data.length)) {
      this.#memory.write(address, data.subarray(taken, taken + length));
      taken += length;
    }
    return taken === 0 && data.length > 0 ? ENOSPC : taken;
  }

  poll(): number {
    return this.#device.poll();
  }

  onWake(callback: () => void): () => void {
    return this.#device.onWake(callback);
  }

  release(): void {
    this.#device.release();
  }
}
