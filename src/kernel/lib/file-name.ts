/**
 * A name is bytes, and most are UTF-8. In one that is not, each byte from 0x80 on is a lone surrogate from U+DC80 on, so that
 * no two names are the same text.
 */
const RAW = 0xdc00;

export function decodeName(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd') || Buffer.from(text).equals(bytes)) return text;
  return Array.from(bytes, byte => String.fromCharCode(byte < 0x80 ? byte : RAW + byte)).join('');
}

export function encodeName(name: string): Buffer {
  return isRaw(name) ? Buffer.from(name, 'latin1') : Buffer.from(name);
}

/** Bytes of a name. */
export function nameLength(name: string): number {
  return isRaw(name) ? name.length : Buffer.byteLength(name);
}

function isRaw(name: string): boolean {
  return /[^\0-\x7f]/.test(name) && /^[\0-\x7f\udc80-\udcff]*$/.test(name);
}
