import { describe, expect, it } from 'vitest';
import { latin1 } from '../../src/lib/latin1.ts';

describe('the bytes of a text', () => {
  const text = (length: number) => String.fromCharCode(...Array.from({ length }, (_, i) => (i * 7) % 256));

  it('are one for each character, whatever the length', () => {
    for (const length of [0, 1, 63, 64, 65, 4096]) {
      const expected = [...text(length)].map(character => character.charCodeAt(0));
      expect([...latin1(text(length), 4096)]).toEqual(expected);
    }
  });

  it('end at the limit', () => {
    expect(latin1(text(100), 10)).toHaveLength(10);
    expect(latin1(text(100), 80)).toHaveLength(80);
  });
});
