import { type Zone, zoneNames } from './zone.ts';

/** sysctl_lowmem_reserve_ratio as it is compiled in: of a zone's pages above, one in so many is kept; 0 keeps none. */
const RATIOS: readonly number[] = [256, 256, 32, 0, 0];

/**
 * mm/page_alloc.c setup_per_zone_lowmem_reserve: the pages of a zone that are not for those who could take from each zone.
 * @param zones of one node, in zone order
 */
export function lowmemReserve(zone: Zone, zones: readonly Zone[]): number[] {
  const ratio = RATIOS[zone.index]!;
  let above = 0;
  return zoneNames.map((_, index) => {
    if (index <= zone.index || ratio === 0 || zone.managedPages === 0) return 0;
    above += zones[index]!.managedPages;
    return Math.floor(above / ratio);
  });
}
