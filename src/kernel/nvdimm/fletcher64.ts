/** drivers/nvdimm/core.c nd_fletcher64, little endian: the checksum of labels, info blocks and interleave sets. */
export function fletcher64(data: Uint8Array): bigint {
  const words = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let low = 0;
  let high = 0n;
  for (let offset = 0; offset + 4 <= data.byteLength; offset += 4) {
    low = (low + words.getUint32(offset, true)) >>> 0;
    high += BigInt(low);
  }
  return BigInt.asUintN(64, high << 32n) | BigInt(low);
}
