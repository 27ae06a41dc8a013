import { VENDOR } from '../acpi/nfit/nfit-attributes.ts';
import type { DimmHardware } from './dimm-hardware.ts';
import { fletcher64 } from './fletcher64.ts';

const INFO_BYTES = 16;
const INFO2_BYTES = 48;

/**
 * acpi_nfit_init_interleave_set: checksums over the DIMMs of a set in order, the older one for labels of version 1.1.
 * `stride` is how far into the region each DIMM begins.
 */
export function interleaveSet(dimms: readonly DimmHardware[], stride: bigint) {
  const info = new DataView(new ArrayBuffer(INFO_BYTES * dimms.length));
  const info2 = new DataView(new ArrayBuffer(INFO2_BYTES * dimms.length));
  dimms.forEach((dimm, i) => {
    const offset = BigInt(i) * stride;
    info.setBigUint64(i * INFO_BYTES, offset, true);
    info.setUint32(i * INFO_BYTES + 8, dimm.serial, true);
    info2.setBigUint64(i * INFO2_BYTES, offset, true);
    info2.setUint32(i * INFO2_BYTES + 8, dimm.serial, true);
    info2.setUint16(i * INFO2_BYTES + 12, VENDOR, true);
  });
  const checksum = (view: DataView): bigint => fletcher64(new Uint8Array(view.buffer));
  return { cookie1: checksum(info), cookie2: checksum(info2) };
}
