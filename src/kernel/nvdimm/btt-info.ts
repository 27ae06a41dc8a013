import { roundUp } from '../lib/bigint.ts';
import { isErrno } from '../lib/errno.ts';
import { PAGE, PAGE_SIZE } from '../lib/page.ts';
import { readBytes } from './claim-io.ts';
import type { NdNamespace } from './namespace.ts';
import { decodeSuperBlock, encodeSuperBlock } from './super-block.ts';
import { NULL_UUID, type Uuid } from './uuid.ts';

const SIGNATURE = 'BTT_ARENA_INFO';
const MAX_ARENA = 1n << 39n;
const MIN_ARENA = 1n << 24n;
const FREE_BLOCKS = 256n;
const LOG_GROUP = 64n;
const MAP_ENTRY = 4n;
const BLOCK_ALIGN = 64n;

/** drivers/nvdimm/btt.h `struct arena_info`: where the parts of an arena lie. Offsets count from the arena's start. */
interface Arena {
  readonly size: bigint;
  readonly internalBlock: bigint;
  readonly internalBlocks: bigint;
  readonly externalBlocks: bigint;
  readonly mapOffset: bigint;
  readonly logOffset: bigint;
  readonly info2Offset: bigint;
}

/** What the first info block of a namespace says. */
export interface BttInfo {
  readonly uuid: Uuid;
  readonly sectorSize: number;
}

/** nd_btt_version: where the first arena begins; labels of version 1.2 that name the class leave nothing before it. */
export function bttOffset({ region, holderClass }: NdNamespace): bigint {
  const version = region.mappings[0]?.dimm.hardware.labels?.version;
  return version === '1.2' && holderClass === 'btt' ? 0n : PAGE;
}

/** alloc_arena */
function layOut(size: bigint, sectorSize: number): Arena {
  const internalBlock = roundUp(BigInt(sectorSize), BLOCK_ALIGN);
  const logBytes = roundUp(FREE_BLOCKS * LOG_GROUP, PAGE);
  const available = size - (size % PAGE) - 2n * PAGE - logBytes;
  const internalBlocks = (available - PAGE) / (internalBlock + MAP_ENTRY);
  const externalBlocks = internalBlocks - FREE_BLOCKS;
  const mapBytes = roundUp(externalBlocks * MAP_ENTRY, PAGE);
  const mapOffset = PAGE + available - mapBytes;
  const logOffset = mapOffset + mapBytes;
  const info2Offset = logOffset + logBytes;
  return { size, internalBlock, internalBlocks, externalBlocks, mapOffset, logOffset, info2Offset };
}

function arenas(namespace: NdNamespace, sectorSize: number): Arena[] {
  const list: Arena[] = [];
  let rest = namespace.size - bttOffset(namespace);
  while (rest >= MIN_ARENA) {
    const size = rest > MAX_ARENA ? MAX_ARENA : rest;
    list.push(layOut(size, sectorSize));
    rest -= size;
  }
  return list;
}

/** Bytes of a sector without its metadata. */
export function bttSector(sectorSize: number): number {
  return sectorSize >= 4096 ? 4096 : 512;
}

/** Bytes that a btt offers; 0 when the namespace is too small. Sectors with metadata count without it. */
export function bttSize(namespace: NdNamespace, sectorSize: number): bigint {
  const sector = BigInt(bttSector(sectorSize));
  return arenas(namespace, sectorSize).reduce((bytes, arena) => bytes + arena.externalBlocks * sector, 0n);
}

/** btt_arena_write_layout: the info block and its copy, for each arena. Maps and logs are left as they are. */
export function writeBttInfo(namespace: NdNamespace, { uuid, sectorSize }: BttInfo): void {
  let at = namespace.start + bttOffset(namespace);
  const all = arenas(namespace, sectorSize);
  const { parentUuid } = namespace;
  for (const [i, arena] of all.entries()) {
    const bytes = encodeSuperBlock({ signature: SIGNATURE, uuid, parentUuid }, view => {
      view.setUint16(52, bttOffset(namespace) === 0n ? 2 : 1, true);
      view.setUint16(54, bttOffset(namespace) === 0n ? 0 : 1, true);
      view.setUint32(56, sectorSize, true);
      view.setUint32(60, Number(arena.externalBlocks), true);
      view.setUint32(64, Number(arena.internalBlock), true);
      view.setUint32(68, Number(arena.internalBlocks), true);
      view.setUint32(72, Number(FREE_BLOCKS), true);
      view.setUint32(76, PAGE_SIZE, true);
      view.setBigUint64(80, i + 1 < all.length ? arena.size : 0n, true);
      view.setBigUint64(88, PAGE, true);
      view.setBigUint64(96, arena.mapOffset, true);
      view.setBigUint64(104, arena.logOffset, true);
      view.setBigUint64(112, arena.info2Offset, true);
    });
    for (const offset of [0n, arena.info2Offset]) namespace.memory.write(at + offset, bytes);
    at += arena.size;
  }
}

/** nd_btt_arena_is_valid for the first arena: undefined when there is none of this namespace. */
export function readBttInfo(namespace: NdNamespace): BttInfo | undefined {
  const bytes = readBytes(namespace, bttOffset(namespace), PAGE_SIZE);
  if (isErrno(bytes)) return undefined;
  const found = decodeSuperBlock(bytes, SIGNATURE);
  if (!found) return undefined;
  const { uuid, parentUuid } = found.block;
  if (parentUuid !== NULL_UUID && parentUuid !== namespace.parentUuid) return undefined;
  return { uuid, sectorSize: found.view.getUint32(56, true) };
}
