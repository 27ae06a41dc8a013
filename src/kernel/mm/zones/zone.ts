export const zoneNames = ['DMA', 'DMA32', 'Normal', 'Movable', 'Device'] as const;
export type ZoneName = (typeof zoneNames)[number];

export const ZONE_NORMAL = 2;
export const ZONE_MOVABLE = 3;
export const ZONE_DEVICE = 4;

/** include/linux/mmzone.h `struct zone`: the pages of one node that are alike. Counts are 4 KiB pages. */
export class Zone {
  readonly node: number;
  readonly index: number;
  startPfn = 0;
  spannedPages = 0;
  presentPages = 0;
  /** Those of boot memory. */
  presentEarlyPages = 0;
  /** Of boot memory, those that boot kept for itself: they never move. */
  reservedEarlyPages = 0;
  managedPages = 0;
  /** Where boot memory begins and ends. */
  earlyStartPfn = 0;
  earlyEndPfn = 0;

  constructor(node: number, index: number) {
    this.node = node;
    this.index = index;
  }

  get name(): ZoneName {
    return zoneNames[this.index]!;
  }

  /** First page frame past the zone. */
  get endPfn(): number {
    return this.startPfn + this.spannedPages;
  }

  get populated(): boolean {
    return this.presentPages > 0;
  }

  /** zone_intersects */
  intersects(pfn: number, pages: number): boolean {
    return this.spannedPages > 0 && pfn < this.endPfn && pfn + pages > this.startPfn;
  }

  /** resize_zone_range */
  grow(pfn: number, pages: number): void {
    const end = Math.max(pfn + pages, this.endPfn);
    if (this.spannedPages === 0 || pfn < this.startPfn) this.startPfn = pfn;
    this.spannedPages = end - this.startPfn;
  }

  /**
   * shrink_zone_span, after the pages of [pfn, pfn + pages) left the zone.
   * @param firstAfter first page of the zone at or past a page frame, or undefined
   * @param endBefore first page frame past the zone's last page before a page frame, or undefined
   */
  shrink(
    pfn: number,
    pages: number,
    firstAfter: (pfn: number) => number | undefined,
    endBefore: (pfn: number) => number | undefined,
  ): void {
    const { startPfn, endPfn } = this;
    if (startPfn === pfn) this.#span(firstAfter(pfn + pages), endPfn);
    else if (endPfn === pfn + pages) this.#span(startPfn, endBefore(pfn));
  }

  #span(start: number | undefined, end: number | undefined): void {
    const empty = start === undefined || end === undefined || start >= end;
    this.startPfn = empty ? 0 : start;
    this.spannedPages = empty ? 0 : end - start;
  }
}
