import { decodeSuperBlock, encodeSuperBlock, type SuperBlock } from './super-block.ts';

/** The info block lies this far into its namespace, and is as long. */
export const INFO_BLOCK_OFFSET = 4096n;
export const INFO_BLOCK_SIZE = 4096;
/** Bytes at the start of a namespace that no page map may use. */
export const INFO_BLOCK_RESERVE = 8192n;

export const PFN_SIGNATURE = 'NVDIMM_PFN_INFO';
export const DAX_SIGNATURE = 'NVDIMM_DAX_INFO';

export const PFN_MODE_NONE = 0;
export const PFN_MODE_RAM = 1;
export const PFN_MODE_PMEM = 2;

/** drivers/nvdimm/pfn.h `struct nd_pfn_sb`: how a namespace is divided into page map and data. */
export interface InfoBlock extends SuperBlock {
  readonly versionMinor: number;
  /** Bytes from the start of the namespace to the data. */
  readonly dataOffset: bigint;
  readonly pages: bigint;
  /** PFN_MODE_*: where the page map lives. */
  readonly mode: number;
  readonly startPad: bigint;
  readonly endTruncation: bigint;
  /** 0 before version 1.2. */
  readonly align: bigint;
  readonly pageSize: number;
  readonly pageStructSize: number;
}

const VERSION_MAJOR = 1;

export function encodeInfoBlock(block: InfoBlock): Uint8Array {
  return encodeSuperBlock(block, view => {
    view.setUint16(52, VERSION_MAJOR, true);
    view.setUint16(54, block.versionMinor, true);
    view.setBigUint64(56, block.dataOffset, true);
    view.setBigUint64(64, block.pages, true);
    view.setUint32(72, block.mode, true);
    view.setUint32(76, Number(block.startPad), true);
    view.setUint32(80, Number(block.endTruncation), true);
    view.setUint32(84, Number(block.align), true);
    view.setUint32(88, block.pageSize, true);
    view.setUint16(92, block.pageStructSize, true);
  });
}

/** Undefined when there is no info block of that signature. */
export function decodeInfoBlock(bytes: Uint8Array, signature: string): InfoBlock | undefined {
  const found = decodeSuperBlock(bytes, signature);
  if (!found) return undefined;
  const { block, view } = found;
  const minor = view.getUint16(54, true);
  return {
    ...block,
    versionMinor: minor,
    dataOffset: view.getBigUint64(56, true),
    pages: view.getBigUint64(64, true),
    mode: view.getUint32(72, true),
    startPad: minor < 1 ? 0n : BigInt(view.getUint32(76, true)),
    endTruncation: minor < 1 ? 0n : BigInt(view.getUint32(80, true)),
    align: minor < 2 ? 0n : BigInt(view.getUint32(84, true)),
    pageSize: minor < 4 ? 4096 : view.getUint32(88, true),
    pageStructSize: minor < 4 ? 64 : view.getUint16(92, true),
  };
}
