import { describe, expect, it } from 'vitest';
import { decodeName, nameLength, writeName } from '../../../src/kernel/lib/file-name.ts';

describe('a file name', () => {
  it.each([
    ['ascii', Buffer.from('dax0.0')],
    ['UTF-8', Buffer.from('größe 😀')],
    ['the replacement character itself', Buffer.from('\ufffd')],
    ['one byte that is not UTF-8', Buffer.from([0x66, 0xff])],
    ['UTF-8 and what is not', Buffer.from([0xc3, 0xa4, 0xfe])],
  ])('keeps its bytes: %s', (_, bytes) => {
    const name = decodeName(bytes);
    const buffer = Buffer.alloc(64);
    expect(buffer.subarray(0, writeName(name, buffer, 0))).toEqual(bytes);
    expect(nameLength(name)).toBe(bytes.length);
  });

  it('that is not UTF-8 is not the same as another one', () => {
    expect(decodeName(Buffer.from([0xff]))).not.toBe(decodeName(Buffer.from([0xfe])));
  });
});
