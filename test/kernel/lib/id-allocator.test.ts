import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IdAllocator } from '../../../src/kernel/lib/id-allocator.ts';

it('always hands out the lowest free id', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(20))), commands => {
      const ids = new IdAllocator();
      const used = new Set<number>();
      for (const command of commands) {
        const victim = command === null ? undefined : [...used][command % (used.size || 1)];
        if (victim !== undefined) {
          ids.free(victim);
          used.delete(victim);
          continue;
        }
        let lowest = 0;
        while (used.has(lowest)) lowest++;
        expect(ids.alloc()).toBe(lowest);
        used.add(lowest);
      }
    }),
  );
});

it('refuses to free what is not allocated', () => {
  const ids = new IdAllocator();
  ids.alloc();
  ids.free(0);
  expect(() => ids.free(0)).toThrow('not allocated');
});
