import type { Zone } from './zone.ts';

/** Pages that transparent huge pages want free in each populated zone: 512 × (2 + 3 × 3). */
const RECOMMENDED_PER_ZONE = 5632;

export interface Watermarks {
  readonly min: number;
  readonly low: number;
  readonly high: number;
  readonly promo: number;
}

const NONE: Watermarks = { min: 0, low: 0, high: 0, promo: 0 };

/** mm/page_alloc.c __setup_per_zone_wmarks, with khugepaged's recommended minimum: the marks of each of all zones. */
export function watermarks(zones: Iterable<Zone>): (zone: Zone) => Watermarks {
  let total = 0;
  let populated = 0;
  for (const { managedPages } of zones) {
    total += managedPages;
    if (managedPages > 0) populated++;
  }
  const pages = Math.min(RECOMMENDED_PER_ZONE * populated, Math.floor(total / 20));
  return ({ managedPages }) => {
    if (managedPages === 0) return NONE;
    const min = Math.floor((pages * managedPages) / total);
    const step = Math.max(Math.floor(min / 4), Math.floor(managedPages / 1000));
    return { min, low: min + step, high: min + 2 * step, promo: min + 3 * step };
  };
}
