import { expect, it } from 'vitest';
import { SparseMemory } from '../../../src/kernel/lib/sparse-memory.ts';

it('keeps bytes across pages, zero elsewhere, and loses whole pages when they are erased', () => {
  const memory = new SparseMemory();
  memory.write(
    4090n,
    Uint8Array.from({ length: 12 }, (_, i) => i + 1),
  );
  expect([...memory.read(4088n, 16)]).toEqual([0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0]);
  memory.erase(4096n, 8191n);
  expect([...memory.read(4094n, 4)]).toEqual([5, 6, 0, 0]);
});
