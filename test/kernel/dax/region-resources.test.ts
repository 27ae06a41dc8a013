import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RegionResources } from '../../../src/kernel/dax/region-resources.ts';
import { ENOMEM, isErrno } from '../../../src/kernel/lib/errno.ts';

const MiB2 = 2n << 20n;

describe('allocations of a region', () => {
  it('are refused outside, reversed and on any overlap', () => {
    const region = new RegionResources(0x1000n, 0x8fffn);
    region.request('a', 0x2000n, 0x2fffn);
    expect(region.request('b', 0xfffn, 0x1fffn)).toEqual(ENOMEM);
    expect(region.request('b', 0x8000n, 0x9000n)).toEqual(ENOMEM);
    expect(region.request('b', 0x5000n, 0x4000n)).toEqual(ENOMEM);
    expect(region.request('b', 0x2800n, 0x37ffn)).toEqual(ENOMEM);
    expect(region.request('b', 0x1000n, 0x7fffn)).toEqual(ENOMEM);
    expect(region.available).toBe(0x7000n);
  });

  it('never overlap, and the first gap is the lowest free space', () => {
    const slots = 16;
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(slots - 1), fc.integer({ min: 1, max: 4 }))), commands => {
        const region = new RegionResources(0n, BigInt(slots) * MiB2 - 1n);
        const owned = new Array<unknown>(slots).fill(undefined);
        for (const [slot, length] of commands) {
          const held = owned[slot] as Parameters<RegionResources['release']>[0] | undefined;
          if (held) {
            region.release(held);
            for (const [i, owner] of owned.entries()) if (owner === held) owned[i] = undefined;
          } else {
            const start = BigInt(slot) * MiB2;
            const made = region.request('x', start, start + BigInt(length) * MiB2 - 1n);
            const free = slot + length <= slots && owned.slice(slot, slot + length).every(owner => !owner);
            expect(isErrno(made)).toBe(!free);
            if (!isErrno(made)) owned.fill(made, slot, slot + length);
          }
          const first = owned.indexOf(undefined);
          const gap = region.firstGap();
          expect(gap?.start).toBe(first < 0 ? undefined : BigInt(first) * MiB2);
          expect(region.available).toBe(BigInt(owned.filter(owner => !owner).length) * MiB2);
        }
      }),
    );
  });

  it('finds the first gap without walking 10,000 packed allocations again', () => {
    const region = new RegionResources(0n, 20_000n * MiB2 - 1n);
    let looked = 0;
    for (let i = 0n; i < 10_000n; i++) {
      const gap = region.firstGap()!;
      looked++;
      region.request('x', gap.start, gap.start + MiB2 - 1n);
    }
    expect(looked).toBe(10_000);
    expect(region.firstGap()!.start).toBe(10_000n * MiB2);
  });
});
