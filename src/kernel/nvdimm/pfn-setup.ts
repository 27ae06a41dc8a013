import { KERN_ERR, KERN_INFO } from '../base/printk.ts';
import { larger, roundUp } from '../lib/bigint.ts';
import {
  EINVAL,
  EIO,
  ENODEV,
  ENXIO,
  EOPNOTSUPP,
  type Errno,
  isErrno,
  type Result,
  refusal,
  sameErrno,
} from '../lib/errno.ts';
import { byteCount, hexPad, prefixedHex } from '../lib/format.ts';
import { MAP_ALIGNMENTS, PAGE, PAGE_SIZE } from '../lib/page.ts';
import type { PageMap } from '../mm/memremap/page-map.ts';
import type { NdPfn } from './claim.ts';
import { clearError, readBytes, writeBytes } from './claim-io.ts';
import {
  DAX_SIGNATURE,
  decodeInfoBlock,
  encodeInfoBlock,
  INFO_BLOCK_OFFSET,
  INFO_BLOCK_RESERVE,
  INFO_BLOCK_SIZE,
  type InfoBlock,
  PFN_MODE_PMEM,
  PFN_MODE_RAM,
  PFN_SIGNATURE,
} from './info-block.ts';
import type { NdNamespace } from './namespace.ts';
import { COMPAT_ALIGN } from './namespace-probe.ts';
import { NULL_UUID } from './uuid.ts';

/** sizeof(struct page), and MAX_STRUCT_PAGE_SIZE */
const STRUCT_PAGE = 64;
const VERSION_MINOR = 4;

function signatureOf({ kind }: NdPfn): string {
  return kind === 'dax' ? DAX_SIGNATURE : PFN_SIGNATURE;
}

/**
 * nd_pfn_validate: the info block of the device's namespace. ENODEV when there is none of this device, ENXIO when it
 * cannot be read, EOPNOTSUPP when it is there and cannot be used. A device without uuid takes over its settings.
 */
export function validateInfoBlock(pfn: NdPfn, namespace: NdNamespace): Result<InfoBlock> {
  const bytes = readBytes(namespace, INFO_BLOCK_OFFSET, INFO_BLOCK_SIZE);
  if (isErrno(bytes)) return refusal(ENXIO, 'the info block cannot be read');
  const block = decodeInfoBlock(bytes, signatureOf(pfn));
  if (!block || block.parentUuid !== namespace.parentUuid) return ENODEV;
  if (block.mode !== PFN_MODE_RAM && block.mode !== PFN_MODE_PMEM) return ENXIO;
  const align = block.align || highestBit(block.dataOffset);
  const misfit = misfitOf(pfn, block, align);
  if (misfit !== undefined) return unusable(pfn, misfit);
  if (pfn.uuid === undefined) {
    pfn.uuid = block.uuid;
    pfn.align = align;
    pfn.mode = block.mode;
  } else {
    if (pfn.uuid !== block.uuid) return ENODEV;
    if (pfn.align !== align || pfn.mode !== block.mode)
      return unusable(pfn, 'init failed, settings mismatch');
  }
  const misplaced = misplacedOf(namespace, block, align);
  return misplaced === undefined ? { ...block, align } : unusable(pfn, misplaced);
}

function unusable(pfn: NdPfn, why: string): Errno {
  pfn.log(KERN_ERR, why);
  return EOPNOTSUPP;
}

function misfitOf(pfn: NdPfn, block: InfoBlock, align: bigint): string | undefined {
  const onDevice = block.mode === PFN_MODE_PMEM;
  if (onDevice && block.pageSize > PAGE_SIZE) return `init failed, page size mismatch ${block.pageSize}`;
  if (onDevice && block.pageStructSize < STRUCT_PAGE)
    return `init failed, struct page size mismatch ${block.pageStructSize}`;
  if (pfn.kind === 'dax' && !MAP_ALIGNMENTS.includes(align))
    return `init failed, alignment mismatch: ${pfn.align}:${align}`;
  return undefined;
}

function misplacedOf(namespace: NdNamespace, block: InfoBlock, align: bigint): string | undefined {
  const { start, end, size, name } = namespace;
  const { dataOffset, startPad, endTruncation } = block;
  if (align > size) return `alignment: ${align.toString(16)} exceeds capacity ${size.toString(16)}`;
  if (dataOffset >= size) return `pfn array size exceeds capacity of ${name}`;
  if ((start + dataOffset + startPad) % align !== 0n || dataOffset % PAGE !== 0n)
    return `bad offset: ${prefixedHex(dataOffset)} dax disabled align: ${prefixedHex(align)}`;
  if ((start + startPad) % COMPAT_ALIGN !== 0n) return 'resource start misaligned';
  if ((end + 1n - endTruncation) % COMPAT_ALIGN !== 0n) return 'resource end misaligned';
  if (dataOffset >= size - startPad - endTruncation) return 'bad offset with small namespace';
  return undefined;
}

function highestBit(value: bigint): bigint {
  return value === 0n ? 0n : 1n << BigInt(value.toString(2).length - 1);
}

/** nd_pfn_init: the info block that is there, or a new one from the device's settings. */
function initInfoBlock(pfn: NdPfn, namespace: NdNamespace): Result<InfoBlock> {
  const found = validateInfoBlock(pfn, namespace);
  const block = sameErrno(found, ENODEV) ? planInfoBlock(pfn, namespace) : found;
  if (isErrno(block)) return block;
  if (isErrno(clearMemmapErrors(namespace, block))) return EIO;
  if (sameErrno(found, ENODEV)) {
    const failed = writeBytes(namespace, INFO_BLOCK_OFFSET, encodeInfoBlock(block));
    if (failed) return failed;
  }
  return block;
}

function planInfoBlock(pfn: NdPfn, namespace: NdNamespace): Result<InfoBlock> {
  const { region, start, size, name } = namespace;
  if (region.readOnly) {
    pfn.log(KERN_INFO, `${region.name} is read-only, unable to init metadata`);
    return refusal(ENXIO, `${region.name} is read-only`);
  }
  const align = larger(pfn.align, COMPAT_ALIGN);
  if (start % COMPAT_ALIGN !== 0n) {
    const at = `0x${hexPad(start, 16)}`;
    pfn.log(KERN_ERR, `${name}: start ${at} misaligned to ${prefixedHex(COMPAT_ALIGN)}`);
    return refusal(EINVAL, `${name} starts at ${at}, no multiple of ${byteCount(COMPAT_ALIGN)}`);
  }
  if (pfn.mode !== PFN_MODE_RAM && pfn.mode !== PFN_MODE_PMEM)
    return refusal(ENXIO, `${pfn.name} has no mode: write ram or pmem first`);
  const endTruncation = (start + size) % align;
  const pages = (size - INFO_BLOCK_RESERVE) / PAGE;
  const pageMap = pfn.mode === PFN_MODE_PMEM ? BigInt(STRUCT_PAGE) * pages : 0n;
  const dataOffset = roundUp(start + INFO_BLOCK_RESERVE + pageMap, align) - start;
  if (dataOffset >= size - endTruncation) {
    pfn.log(KERN_ERR, `${name} unable to satisfy requested alignment`);
    return refusal(ENXIO, `${name} is too small for its page structures and align`);
  }
  return {
    signature: signatureOf(pfn),
    uuid: pfn.uuid ?? NULL_UUID,
    parentUuid: namespace.parentUuid,
    versionMinor: VERSION_MINOR,
    dataOffset,
    pages: (size - dataOffset - endTruncation) / PAGE,
    mode: pfn.mode,
    startPad: 0n,
    endTruncation,
    align: pfn.align,
    pageSize: PAGE_SIZE,
    pageStructSize: STRUCT_PAGE,
  };
}

/** nd_pfn_clear_memmap_errors: what is bad between the info block and the data is written over with zeroes. */
function clearMemmapErrors(namespace: NdNamespace, block: InfoBlock): Errno | undefined {
  if (block.mode !== PFN_MODE_PMEM) return undefined;
  return clearError(namespace, INFO_BLOCK_RESERVE, block.dataOffset - INFO_BLOCK_RESERVE);
}

export interface PfnSetup {
  readonly block: InfoBlock;
  readonly pageMap: PageMap;
}

/** nvdimm_setup_pfn: the info block and the page map that it describes. */
export function setupPfn(pfn: NdPfn, namespace: NdNamespace, type: number): Result<PfnSetup> {
  if (pfn.uuid === undefined) return refusal(ENODEV, `${pfn.name} has no uuid`);
  const block = initInfoBlock(pfn, namespace);
  if (isErrno(block)) return block;
  pfn.infoBlock = block;
  const start = namespace.start + block.startPad;
  const reserve = Number(INFO_BLOCK_RESERVE / PAGE);
  const altmap =
    block.mode === PFN_MODE_PMEM
      ? { basePfn: Number(start / PAGE), reserve, free: Number(block.dataOffset / PAGE) - reserve, alloc: 0 }
      : undefined;
  const ranges = [{ start, end: namespace.end - block.endTruncation }];
  return { block, pageMap: { type, ranges, vmemmapShift: 0, altmap } };
}
