import { expect, it } from 'vitest';
import { bitmapWords, hex, listRanges } from '../../../src/kernel/lib/format.ts';

it('prints id lists in range form', () => {
  expect(listRanges([])).toBe('');
  expect(listRanges([0, 1, 3])).toBe('0-1,3');
  expect(listRanges([2, 3, 4, 9])).toBe('2-4,9');
});

it('prints the prefix of a hex zero, as the kernel does and C libraries do not', () => {
  expect(hex(0)).toBe('0x0\n');
  expect(hex(0x180000000n)).toBe('0x180000000\n');
});

it('prints bitmaps as comma separated words, most significant first', () => {
  expect(bitmapWords([0], 2)).toBe('1');
  expect(bitmapWords([1], 2)).toBe('2');
  expect(bitmapWords([0, 32, 63], 64)).toBe('80000001,00000001');
});
