import { fromLatin1 } from '../lib/latin1.ts';
import { PAGE_SIZE } from '../lib/page.ts';
import { fletcher64 } from './fletcher64.ts';
import { formatUuid, type Uuid, uuidBytes } from './uuid.ts';

const UUID = 16;
const PARENT_UUID = 32;
const CHECKSUM = 4088;

/** drivers/nvdimm/nd.h `struct nd_gen_sb`, with what all of its kinds begin with: the info block of a btt, pfn or dax device. */
export interface SuperBlock {
  readonly signature: string;
  readonly uuid: Uuid;
  /** The namespace's. */
  readonly parentUuid: Uuid;
}

/** @param fill the rest, before the checksum is made of it */
export function encodeSuperBlock(block: SuperBlock, fill: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(PAGE_SIZE);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from(block.signature, 'latin1'));
  bytes.set(uuidBytes(block.uuid), UUID);
  bytes.set(uuidBytes(block.parentUuid), PARENT_UUID);
  fill(view);
  view.setBigUint64(CHECKSUM, fletcher64(bytes), true);
  return bytes;
}

/** Undefined when the signature is another or the checksum is wrong (nd_sb_checksum): there is no such block. */
export function decodeSuperBlock(
  bytes: Uint8Array,
  signature: string,
): { readonly block: SuperBlock; readonly view: DataView } | undefined {
  if (fromLatin1(bytes, UUID).replace(/\0+$/, '') !== signature) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, PAGE_SIZE);
  const body = bytes.slice(0, PAGE_SIZE).fill(0, CHECKSUM);
  if (view.getBigUint64(CHECKSUM, true) !== fletcher64(body)) return undefined;
  const uuid = formatUuid(bytes.subarray(UUID));
  return { block: { signature, uuid, parentUuid: formatUuid(bytes.subarray(PARENT_UUID)) }, view };
}
