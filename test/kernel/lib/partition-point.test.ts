import { describe, expect, it } from 'vitest';
import { partitionPoint } from '../../../src/kernel/lib/partition-point.ts';

describe('partitionPoint', () => {
  it('is the index of the first item that is not before, and the number of items when all are', () => {
    for (const length of [0, 1, 2, 7, 8]) {
      const items = Array.from({ length }, (_, i) => i);
      for (let wanted = 0; wanted <= length; wanted++)
        expect(partitionPoint(items, item => item < wanted)).toBe(wanted);
    }
  });

  it('looks at few of many items', () => {
    const items = Array.from({ length: 1 << 16 }, (_, i) => i);
    let looks = 0;
    partitionPoint(items, item => {
      looks++;
      return item < 12345;
    });
    expect(looks).toBeLessThanOrEqual(17);
  });
});
