import { memparse } from './cmdline.ts';

/** A size in bytes, or an address: a number, or text such as `64GiB`, `900M`, `0x180000000`, `4096`. */
export type SizeText = number | string;

/** Less RAM holds no kernel. */
export const MIN_RAM = 1n << 24n;
/** x86-64 has no physical address of more bits. */
const MAX_ADDRESS_BITS = 52n;

/** What is wrong with a range of addresses whose last one is `end`. */
export function unaddressable(end: bigint): string | undefined {
  if (end >> MAX_ADDRESS_BITS === 0n) return undefined;
  return `reaches past the ${MAX_ADDRESS_BITS} bits of a physical address`;
}

/** `B`, `iB` and nothing mean the same after a suffix: machine memory comes in powers of two. */
const UNIT = /^(i?B)?$/;

/** Bytes of a size; undefined when the text is none. */
export function sizeOf(size: SizeText): bigint | undefined {
  if (typeof size === 'number') return Number.isSafeInteger(size) && size >= 0 ? BigInt(size) : undefined;
  const parsed = memparse(size.replaceAll(/[\s_]/g, ''));
  return parsed && UNIT.test(parsed.rest) ? parsed.value : undefined;
}
