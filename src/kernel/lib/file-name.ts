/**
 * A name is bytes, and most are UTF-8. In one that is not, each byte from 0x80 on is a lone surrogate from U+DC80 on, so that
 * no two names are the same text.
 */
const RAW = 0xdc00;

export function decodeName(buffer: Buffer, start = 0, end = buffer.length): string {
  const text = buffer.toString('utf8', start, end);
  if (!text.includes('\ufffd')) return text;
  const bytes = buffer.subarray(start, end);
  if (Buffer.from(text).equals(bytes)) return text;
  return Array.from(bytes, byte => String.fromCharCode(byte < 0x80 ? byte : RAW + byte)).join('');
}

/** @returns the count of bytes that it took. */
export function writeName(name: string, buffer: Buffer, at: number): number {
  return buffer.write(name, at, isRaw(name) ? 'latin1' : 'utf8');
}

/** Bytes of a name. */
export function nameLength(name: string): number {
  return isRaw(name) ? name.length : Buffer.byteLength(name);
}

function isRaw(name: string): boolean {
  return /[^\0-\x7f]/.test(name) && /^[\0-\x7f\udc80-\udcff]*$/.test(name);
}
