import { EINVAL, ERANGE, type Errno, isErrno, type Result, refusal } from './errno.ts';

const U64_MAX = (1n << 64n) - 1n;
const S32_MIN = -(1n << 31n);
const S32_MAX = (1n << 31n) - 1n;
const U32_MAX = (1n << 32n) - 1n;

/** Digit values of `0-9a-zA-Z`; anything else is 99. */
function digitValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 122 ? lower - 87 : 99;
}

function fixupRadix(text: string, base: number): { base: number; skip: number } {
  const hexPrefix = text[0] === '0' && (text[1] === 'x' || text[1] === 'X');
  if (base === 0) {
    if (hexPrefix && digitValue(text.charCodeAt(2)) < 16) return { base: 16, skip: 2 };
    return { base: text[0] === '0' ? 8 : 10, skip: 0 };
  }
  return { base, skip: base === 16 && hexPrefix ? 2 : 0 };
}

const quoted = (text: string): string => JSON.stringify(stripNewline(text));

function noNumber(text: string): Errno {
  const unit = /^\s*[\d.]+\s*[kmgtpe](i?b)?\s*$/i.test(text) ? ': the kernel takes no units here' : '';
  return refusal(EINVAL, `${quoted(text)} is no number${unit}`);
}

function outOfRange(text: string): Errno {
  return refusal(ERANGE, `${quoted(text)} is out of range`);
}

/** lib/kstrtox.c `_kstrtoull`: digits, at most one newline, then the end. ERANGE comes before trailing junk. */
function parseUnsigned(text: string, base: number, max: bigint): Result<bigint> {
  const radix = fixupRadix(text, base);
  let end = radix.skip;
  while (end < text.length && digitValue(text.charCodeAt(end)) < radix.base) end++;
  if (end === radix.skip) return noNumber(text);
  let value = 0n;
  const bigBase = BigInt(radix.base);
  for (let i = radix.skip; i < end; i++) {
    value = value * bigBase + BigInt(digitValue(text.charCodeAt(i)));
    if (value > max) return outOfRange(text);
  }
  const rest = text.slice(end);
  return rest === '' || rest === '\n' ? value : noNumber(text);
}

/** `kstrtoull` (and `kstrtoul`, the same on 64 bits): EINVAL, or ERANGE past 2^64 − 1. */
export function kstrtoull(text: string, base = 0): Result<bigint> {
  return parseUnsigned(text[0] === '+' ? text.slice(1) : text, base, U64_MAX);
}

/** `kstrtouint`: EINVAL, or ERANGE past 2^32 − 1. */
export function kstrtouint(text: string, base = 0): Result<number> {
  const value = kstrtoull(text, base);
  if (isErrno(value)) return value;
  return value > U32_MAX ? outOfRange(text) : Number(value);
}

/** `kstrtoll`: an optional single sign, then as {@link kstrtoull}. */
export function kstrtoll(text: string, base = 0): Result<bigint> {
  if (text[0] !== '-') {
    const value = kstrtoull(text, base);
    return !isErrno(value) && value > U64_MAX >> 1n ? outOfRange(text) : value;
  }
  const value = parseUnsigned(text.slice(1), base, U64_MAX);
  if (isErrno(value)) return value;
  return value > 1n << 63n ? outOfRange(text) : -value;
}

/** `kstrtoint`: EINVAL, or ERANGE outside a 32-bit signed integer. */
export function kstrtoint(text: string, base = 0): Result<number> {
  const value = kstrtoll(text, base);
  if (isErrno(value)) return value;
  return value < S32_MIN || value > S32_MAX ? outOfRange(text) : Number(value);
}

/** `kstrtobool`: looks at the first character, and at the second only after an `o`. */
export function kstrtobool(text: string): Result<boolean> {
  const first = text[0] ?? '';
  if ('yYtT1'.includes(first) && first !== '') return true;
  if ('nNfF0'.includes(first) && first !== '') return false;
  if (first === 'o' || first === 'O') {
    const second = text[1];
    if (second === 'n' || second === 'N') return true;
    if (second === 'f' || second === 'F') return false;
  }
  return refusal(EINVAL, `${quoted(text)} is no boolean (1, 0, y, n, on, off)`);
}

/** `sysfs_streq`: equal, but for one trailing newline on either side. */
export function sysfsStreq(a: string, b: string): boolean {
  return stripNewline(a) === stripNewline(b);
}

export function stripNewline(text: string): string {
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

/** `sysfs_match_string`: the keyword that `text` equals by {@link sysfsStreq}, or EINVAL. */
export function sysfsMatchString<K extends string>(keywords: readonly K[], text: string): Result<K> {
  return (
    keywords.find(keyword => sysfsStreq(keyword, text)) ??
    refusal(EINVAL, `${quoted(text)} is none of ${keywords.join(', ')}`)
  );
}
