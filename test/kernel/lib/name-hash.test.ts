import { expect, it } from 'vitest';
import { kernfsNameHash } from '../../../src/kernel/lib/name-hash.ts';

/** Listings of a 6.12 kernel, in the order of getdents. */
const recorded = [
  'uevent power target_node mapping numa_node resource dev driver align size subsystem memmap_on_memory mapping0 modalias',
  'uevent drivers_autoprobe devices drivers_probe drivers',
  'delete id create seed align size available_size',
  'uevent node2 power online phys_device phys_index valid_zones subsystem state removable',
];

it.each(recorded)('orders names as a real kernel lists them: %s', listing => {
  const names = listing.split(' ');
  expect(names.toSorted((a, b) => kernfsNameHash(a) - kernfsNameHash(b))).toEqual(names);
});

it('equals the 64-bit formula for many names', () => {
  const mask = (1n << 64n) - 1n;
  const reference = (name: string): number => {
    let hash = 0n;
    for (const char of name) {
      const c = BigInt(char.charCodeAt(0));
      hash = ((hash + (c << 4n) + (c >> 4n)) * 11n) & mask;
    }
    return Number((((hash * 0x61c8864680b583ebn) & mask) >> 32n) & 0x7fffffffn);
  };
  for (let i = 0; i < 5000; i++)
    expect(kernfsNameHash(`memory${i * 7919}`)).toBe(reference(`memory${i * 7919}`));
});
