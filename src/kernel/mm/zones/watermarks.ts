import { ZONE_MOVABLE, type Zone } from './zone.ts';

/** Pages that transparent huge pages want free in each populated zone up to Normal: 512 × (2 + 3 × 3). */
const RECOMMENDED_PER_ZONE = 5632;

export interface Watermarks {
  readonly min: number;
  readonly low: number;
  readonly high: number;
  readonly promo: number;
}

export const NO_WATERMARKS: Watermarks = { min: 0, low: 0, high: 0, promo: 0 };

/** A Movable zone's min, where kernels cap it: SWAP_CLUSTER_MAX to 128 pages. */
const movableMin = (managedPages: number): number =>
  Math.min(Math.max(Math.floor(managedPages / 1024), 32), 128);

/** What mm/ sets them by. */
export interface WatermarkSettings {
  /** Movable zones have little to keep free, and count for no other's share. */
  readonly capMovable: boolean;
  /** vm.watermark_scale_factor: how far the marks are apart, in 1/10,000 of a zone. */
  readonly scaleFactor: number;
  /** vm.min_free_kbytes, in pages of 4 KiB: those of all zones together. */
  readonly minFreePages: number;
}

/** khugepaged set_recommended_min_free_kbytes, in pages. */
export function recommendedMinFree(zones: Iterable<Zone>): number {
  let low = 0;
  let populated = 0;
  for (const { managedPages, index } of zones) {
    if (index === ZONE_MOVABLE || managedPages === 0) continue;
    low += managedPages;
    populated++;
  }
  return Math.min(RECOMMENDED_PER_ZONE * populated, Math.floor(low / 20));
}

/** mm/page_alloc.c __setup_per_zone_wmarks: the marks of each of all zones. */
export function watermarks(
  zones: Iterable<Zone>,
  { capMovable, scaleFactor, minFreePages }: WatermarkSettings,
): (zone: Zone) => Watermarks {
  let sharing = 0;
  for (const { managedPages, index } of zones)
    if (!capMovable || index !== ZONE_MOVABLE) sharing += managedPages;
  return ({ managedPages, index }) => {
    const capped = capMovable && index === ZONE_MOVABLE;
    if (managedPages === 0 && !capped) return NO_WATERMARKS;
    const share = Math.floor((minFreePages * managedPages) / sharing);
    const step = Math.max(Math.floor(share / 4), Math.floor((managedPages * scaleFactor) / 10_000));
    const min = capped ? movableMin(managedPages) : share;
    return { min, low: min + step, high: min + 2 * step, promo: min + 3 * step };
  };
}
