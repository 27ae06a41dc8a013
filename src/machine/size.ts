import { memparse } from './cmdline.ts';

/** A size in bytes, or an address: a number, or text such as `64GiB`, `900M`, `0x180000000`, `4096`. */
export type SizeText = number | string;

/** `B`, `iB` and nothing mean the same after a suffix: machine memory comes in powers of two. */
const UNIT = /^(i?B)?$/;

/** Bytes of a size; undefined when the text is none. */
export function sizeOf(size: SizeText): bigint | undefined {
  if (typeof size === 'number') return Number.isSafeInteger(size) && size >= 0 ? BigInt(size) : undefined;
  const parsed = memparse(size.trim().replaceAll('_', ''));
  return parsed && UNIT.test(parsed.rest.trim()) ? parsed.value : undefined;
}
