import { type Badblocks, SECTOR } from '../block/badblocks.ts';
import { EIO, type Errno, type Result } from '../lib/errno.ts';
import type { PersistentMemory } from './persistent-memory.ts';

/** A namespace or a disk: media with the errors that are known in it. */
export interface MediaSpan {
  /** Physical. */
  readonly start: bigint;
  /** Bytes. */
  readonly size: bigint;
  readonly badblocks: Badblocks;
  readonly memory: PersistentMemory;
}

/** nsio_rw_bytes and pmem_do_read: EIO over a bad block, without touching the media; a new error is met here. */
export function readBytes(span: MediaSpan, offset: bigint, length: number): Result<Uint8Array> {
  if (isBad(span, offset, BigInt(length))) return EIO;
  return span.memory.read(span.start + offset, length);
}

/** nsio_rw_bytes and pmem_do_write: bad blocks written as a whole are cleared; where some stay, the data is written and it is EIO. */
export function writeBytes(span: MediaSpan, offset: bigint, data: Uint8Array): Errno | undefined {
  const failed = clearError(span, offset, BigInt(data.length));
  span.memory.write(span.start + offset, data);
  return failed;
}

/** nvdimm_clear_poison of what is bad in [offset, offset + length). EIO when that is not whole sectors. */
export function clearError(span: MediaSpan, offset: bigint, length: bigint): Errno | undefined {
  if (!isBad(span, offset, length)) return undefined;
  if (offset % SECTOR !== 0n || length % SECTOR !== 0n) return EIO;
  span.memory.clearPoison(span.start + offset, length);
  span.badblocks.clear(offset / SECTOR, length / SECTOR);
  return undefined;
}

function isBad({ badblocks }: MediaSpan, offset: bigint, length: bigint): boolean {
  const first = offset / SECTOR;
  const last = (offset + length - 1n) / SECTOR;
  return badblocks.check(first, last - first + 1n);
}
