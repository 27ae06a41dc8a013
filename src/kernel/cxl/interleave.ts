/** Unit of capacity: what HDM decoders map is a multiple of it. */
export const SZ_256M = 256n << 20n;

const WAYS: readonly number[] = [1, 2, 3, 4, 6, 8, 12, 16];
const MIN_GRANULARITY = 256;
const MAX_GRANULARITY = 16384;

/** ways_to_eiw: whether an interleave over so many targets can be encoded. */
export function isWays(ways: number): boolean {
  return WAYS.includes(ways);
}

/** granularity_to_eig: a power of two from 256 to 16384 bytes. */
export function isGranularity(bytes: number): boolean {
  return bytes >= MIN_GRANULARITY && bytes <= MAX_GRANULARITY && isPowerOfTwo(bytes);
}

export function isPowerOfTwo(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value));
}
