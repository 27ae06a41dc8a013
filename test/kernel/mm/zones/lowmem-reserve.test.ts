import { expect, it } from 'vitest';
import { lowmemReserve } from '../../../../src/kernel/mm/zones/lowmem-reserve.ts';
import { Zone, zoneNames } from '../../../../src/kernel/mm/zones/zone.ts';

function node(...managedPages: number[]): Zone[] {
  return zoneNames.map((_, index) => {
    const zone = new Zone(0, index);
    zone.managedPages = managedPages[index]!;
    return zone;
  });
}

const reserves = (zones: readonly Zone[]): number[][] => zones.map(zone => lowmemReserve(zone, zones));

it('a zone keeps a share of what the zones above it have from those who could take there', () => {
  expect(reserves(node(3840, 485_913, 0, 0, 0)).slice(0, 2)).toEqual([
    [0, 1898, 1898, 1898, 1898],
    [0, 0, 0, 0, 0],
  ]);
  expect(reserves(node(0, 0, 287_968, 196_608, 0))[2]).toEqual([0, 0, 0, 6144, 6144]);
});

it('an empty zone, and Movable, keep nothing', () => {
  expect(reserves(node(0, 0, 0, 262_144, 0)).flat()).toEqual(new Array(25).fill(0));
});
