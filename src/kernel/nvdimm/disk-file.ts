import { ReadyFile } from '../fs/ready-file.ts';
import { EINVAL, EIO, ENOSPC, EPERM, type Result } from '../lib/errno.ts';
import { SEEK_END } from '../lib/stat.ts';
import { type MediaSpan, readBytes, writeBytes } from './claim-io.ts';

/** A disk as the media that it gives access to. */
export interface OpenDisk extends MediaSpan {
  readonly readOnly: boolean;
  /** Bytes that can be reached: none of a disk that is gone. */
  readonly capacity: bigint;
}

/** An open /dev/pmemN: the media, where bad blocks are errors to read and are cleared by writing them as a whole. */
export class DiskFile extends ReadyFile {
  readonly direct = true;
  readonly #disk: OpenDisk;
  readonly #close: () => void;

  constructor(disk: OpenDisk, close: () => void) {
    super();
    this.#disk = disk;
    this.#close = close;
  }

  read(offset: number, length: number): Result<Uint8Array> {
    const room = this.#disk.capacity - BigInt(offset);
    if (room <= 0n) return new Uint8Array(0);
    const count = room < BigInt(length) ? Number(room) : length;
    return readBytes(this.#disk, BigInt(offset), count);
  }

  /** EPERM while the disk is read-only, ENOSPC past the end, EIO when something bad was written in part. */
  write(offset: number, data: Uint8Array): Result<number> {
    if (this.#disk.readOnly) return EPERM;
    const room = this.#disk.capacity - BigInt(offset);
    if (room <= 0n) return ENOSPC;
    const taken = room < BigInt(data.length) ? data.subarray(0, Number(room)) : data;
    const failed = writeBytes(this.#disk, BigInt(offset), taken);
    return failed ? EIO : taken.length;
  }

  lseek(offset: number, whence: number): Result<number> {
    const target = whence === SEEK_END ? Number(this.#disk.capacity) + offset : offset;
    return target < 0 ? EINVAL : target;
  }

  override release(): void {
    this.#close();
  }
}
