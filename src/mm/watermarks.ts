import type { MemoryHotplug } from './memory-hotplug.ts';
import type { Zone } from './zone.ts';

/** Pages that transparent huge pages want free in each populated zone: 512 × (2 + 3 × 3). */
const RECOMMENDED_PER_ZONE = 5632;

export interface Watermarks {
  readonly min: number;
  readonly low: number;
  readonly high: number;
  readonly promo: number;
}

/** mm/page_alloc.c __setup_per_zone_wmarks, with khugepaged's recommended minimum. */
export function watermarks(memory: MemoryHotplug, zone: Zone): Watermarks {
  let total = 0;
  let populated = 0;
  for (const { managedPages } of memory.zones.all()) {
    total += managedPages;
    if (managedPages > 0) populated++;
  }
  if (zone.managedPages === 0) return { min: 0, low: 0, high: 0, promo: 0 };
  const pages = Math.min(RECOMMENDED_PER_ZONE * populated, Math.floor(total / 20));
  const min = Math.floor((pages * zone.managedPages) / total);
  const step = Math.max(Math.floor(min / 4), Math.floor(zone.managedPages / 1000));
  return { min, low: min + step, high: min + 2 * step, promo: min + 3 * step };
}
