import { describe, expect, it } from 'vitest';
import { fromLatin1, toLatin1 } from '../../../src/kernel/lib/latin1.ts';

describe('the bytes of a text', () => {
  const text = (length: number) => String.fromCharCode(...Array.from({ length }, (_, i) => (i * 7) % 256));

  it('are one for each character, whatever the length', () => {
    for (const length of [0, 1, 63, 64, 65, 4096]) {
      const expected = [...text(length)].map(character => character.charCodeAt(0));
      expect([...toLatin1(text(length), 4096)]).toEqual(expected);
    }
  });

  it('are what the text is made of again, also from the middle of a buffer', () => {
    const bytes = toLatin1(text(300), 4096);
    expect(fromLatin1(bytes, 300)).toBe(text(300));
    expect(fromLatin1(bytes.subarray(5, 50), 3)).toBe(text(300).slice(5, 8));
  });

  it('end at the limit', () => {
    expect(toLatin1(text(100), 10)).toHaveLength(10);
    expect(toLatin1(text(100), 80)).toHaveLength(80);
  });
});
