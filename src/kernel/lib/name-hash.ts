const GOLDEN_HIGH = 0x61c88646;
const GOLDEN_LOW = 0x80b583eb;

/** The high 32 bits of the 64-bit product of two 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const carry = (middle & 0xffff) + a0 * b1;
  return (a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}

/**
 * fs/kernfs/dir.c `kernfs_name_hash`: the 31-bit key that orders a directory listing, 2 … 2^31 − 2.
 * 64-bit arithmetic on two 32-bit halves, since a directory may hold half a million names.
 */
export function kernfsNameHash(name: string): number {
  let high = 0;
  let low = 0;
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    const added = low + (c << 4) + (c >> 4);
    const sumLow = added >>> 0;
    const sumHigh = (high + (added > 0xffffffff ? 1 : 0)) >>> 0;
    low = Math.imul(sumLow, 11) >>> 0;
    high = (Math.imul(sumHigh, 11) + multiplyHigh(sumLow, 11)) >>> 0;
  }
  const product = multiplyHigh(low, GOLDEN_LOW) + Math.imul(low, GOLDEN_HIGH) + Math.imul(high, GOLDEN_LOW);
  const hash = (product >>> 0) & 0x7fffffff;
  if (hash < 2) return hash + 2;
  return hash === 0x7fffffff ? 0x7ffffffe : hash;
}
