import { expect, it } from 'vitest';
import { recommendedMinFree, watermarks } from '../../../../src/kernel/mm/zones/watermarks.ts';
import { ZONE_MOVABLE, ZONE_NORMAL, Zone } from '../../../../src/kernel/mm/zones/zone.ts';

function zoneOf(index: number, managedPages: number): Zone {
  const zone = new Zone(0, index);
  zone.managedPages = managedPages;
  return zone;
}

const settings = (zones: readonly Zone[], capMovable: boolean) => ({
  capMovable,
  scaleFactor: 10,
  minFreePages: recommendedMinFree(zones),
});

const normal = zoneOf(ZONE_NORMAL, 1_000_000);
const movable = zoneOf(ZONE_MOVABLE, 3_000_000);
const zones = [normal, movable, zoneOf(ZONE_MOVABLE, 0)];

it('a Movable zone keeps no more than 128 pages free and takes no share of the minimum, but wakes kswapd as others do', () => {
  const marks = watermarks(zones, settings(zones, true));
  expect(marks(normal)).toEqual({ min: 5632, low: 7040, high: 8448, promo: 9856 });
  expect(marks(movable)).toEqual({ min: 128, low: 4352, high: 8576, promo: 12800 });
  const small = zoneOf(ZONE_MOVABLE, 1000);
  expect(watermarks([normal, small], settings([normal, small], true))(small).min).toBe(32);
});

it('on older kernels all zones share the minimum, which is still one for zones up to Normal', () => {
  const marks = watermarks(zones, settings(zones, false));
  expect([marks(normal).min, marks(movable).min]).toEqual([1408, 4224]);
});

it('an empty Movable zone has the marks of the smallest one, on older kernels none', () => {
  const empty = zoneOf(ZONE_MOVABLE, 0);
  expect(watermarks(zones, settings(zones, true))(empty)).toEqual({ min: 32, low: 32, high: 32, promo: 32 });
  expect(watermarks(zones, settings(zones, false))(empty).low).toBe(0);
});
