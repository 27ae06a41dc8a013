/** Up to this length V8 keeps the bytes in its own heap, where making an array costs next to nothing. */
const SMALL = 64;

/** The bytes of a text of characters up to U+00FF, at most `limit` of them. */
export function toLatin1(text: string, limit: number): Uint8Array {
  const length = Math.min(text.length, limit);
  if (length > SMALL) return Buffer.from(text.slice(0, length), 'latin1');
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** The text of the first `length` bytes, one character each. */
export function fromLatin1(bytes: Uint8Array, length = bytes.length): string {
  if (bytes.length <= SMALL && length === bytes.length)
    return Reflect.apply(String.fromCharCode, undefined, bytes);
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString('latin1', 0, length);
}
