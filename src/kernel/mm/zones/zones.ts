import { type BlockTable, NO_ZONE } from '../../base/memory/block-table.ts';
import { PAGE_SHIFT, PAGES_PER_SUBSECTION } from '../../lib/page.ts';
import type { MemoryFacts } from '../hotplug/memory-facts.ts';
import { NO_WATERMARKS, recommendedMinFree, type Watermarks, watermarks } from './watermarks.ts';
import { ZONE_MOVABLE, ZONE_NORMAL, Zone, zoneNames } from './zone.ts';
import { ZoneBuddy } from './zone-buddy.ts';

/** The zones of every possible node. */
export class Zones {
  readonly #blocks: BlockTable;
  /** Boot memory, ascending. */
  readonly #memory: readonly { readonly node: number; readonly firstPfn: number; readonly endPfn: number }[];
  readonly #byNode = new Map<number, readonly Zone[]>();
  readonly #capMovable: boolean;
  readonly #watermarks = new Map<Zone, Watermarks>();
  /** The nodes of which the marks are to be set, while nobody looked at them. */
  #unsettled: (() => Iterable<number>) | undefined;
  /** What vm.min_free_kbytes was set to, in pages: exactly, until memory comes or goes; then no less. */
  #wantedMinFree = 0;
  #exactMinFree: number | undefined;
  #scaleFactor = 10;
  readonly #buddies = new Map<Zone, ZoneBuddy>();

  /** @param capMovable what {@link watermarks} is told */
  constructor(facts: MemoryFacts, blocks: BlockTable, capMovable: boolean) {
    this.#blocks = blocks;
    this.#memory = facts.memory.map(({ start, end, node }) => ({
      node,
      firstPfn: Number(start >> PAGE_SHIFT),
      endPfn: Number((end + 1n) >> PAGE_SHIFT),
    }));
    this.#capMovable = capMovable;
    for (const { id } of facts.nodes)
      this.#byNode.set(
        id,
        zoneNames.map((_name, index) => new Zone(id, index)),
      );
    for (const boot of facts.zones) {
      const zone = this.of(boot.node)[zoneNames.indexOf(boot.name)]!;
      zone.startPfn = boot.startPfn;
      zone.spannedPages = boot.spannedPages;
      zone.presentPages = zone.presentEarlyPages = boot.presentPages;
      zone.managedPages = boot.managedPages;
      zone.reservedEarlyPages = boot.presentPages - boot.managedPages;
      zone.earlyStartPfn = boot.startPfn;
      zone.earlyEndPfn = boot.startPfn + boot.spannedPages;
    }
  }

  /** The zones of a node, in zone order. */
  of(node: number): readonly Zone[] {
    return this.#byNode.get(node)!;
  }

  /** The page allocator of a zone's hot-added memory. */
  buddy(zone: Zone): ZoneBuddy {
    const buddy = this.#buddies.get(zone) ?? new ZoneBuddy(this.#blocks);
    this.#buddies.set(zone, buddy);
    return buddy;
  }

  *all(): Iterable<Zone> {
    for (const zones of this.#byNode.values()) yield* zones;
  }

  /** Pages of the node that its zones span, holes and ZONE_DEVICE included: zero lets the node go. */
  spanned(node: number): number {
    return this.of(node).reduce((pages, zone) => pages + zone.spannedPages, 0);
  }

  present(node: number): number {
    return this.of(node).reduce((pages, zone) => pages + zone.presentPages, 0);
  }

  /** Present pages of zones up to Normal. */
  presentNormal(node: number): number {
    return this.of(node)
      .slice(0, ZONE_NORMAL + 1)
      .reduce((pages, zone) => pages + zone.presentPages, 0);
  }

  managed(node: number): number {
    return this.of(node).reduce((pages, zone) => pages + zone.managedPages, 0);
  }

  /**
   * init_per_zone_wmark_min: the marks of the online nodes' zones hold until the next time, while pages come and go. That being
   * once for each block, they are only worked out when somebody looks, or {@link settleWatermarks}.
   */
  setWatermarks(online: () => Iterable<number>): void {
    this.#exactMinFree = undefined;
    this.#unsettled = online;
  }

  /** In pages, of all zones together. */
  get minFree(): number {
    return this.#exactMinFree ?? Math.max(this.#wantedMinFree, recommendedMinFree(this.all()));
  }

  /** min_free_kbytes_sysctl_handler */
  setMinFree(pages: number, online: () => Iterable<number>): void {
    this.setWatermarks(online);
    this.#wantedMinFree = this.#exactMinFree = pages;
  }

  get watermarkScaleFactor(): number {
    return this.#scaleFactor;
  }

  /** watermark_scale_factor_sysctl_handler, in 1/10,000 of a zone. */
  setWatermarkScaleFactor(factor: number, online: () => Iterable<number>): void {
    this.#scaleFactor = factor;
    this.#unsettled = online;
  }

  /** To be called before nodes come or go, or pages come that somebody will look at before the marks are set again. */
  settleWatermarks(): void {
    const online = this.#unsettled?.();
    if (!online) return;
    this.#unsettled = undefined;
    const marks = watermarks(this.all(), {
      capMovable: this.#capMovable,
      scaleFactor: this.#scaleFactor,
      minFreePages: this.minFree,
    });
    for (const node of online) for (const zone of this.of(node)) this.#watermarks.set(zone, marks(zone));
  }

  watermarksOf(zone: Zone): Watermarks {
    this.settleWatermarks();
    return this.#watermarks.get(zone) ?? NO_WATERMARKS;
  }

  /** nr_free_zone_pages: what the zones have above their high marks. */
  totalAboveHigh(): number {
    let pages = 0;
    for (const zone of this.all()) pages += Math.max(zone.managedPages - this.watermarksOf(zone).high, 0);
    return pages;
  }

  movable(node: number): Zone {
    return this.of(node)[ZONE_MOVABLE]!;
  }

  /** default_kernel_zone_for_pfn */
  defaultKernel(node: number, pfn: number, pages: number): Zone {
    const zones = this.of(node);
    return zones.find(zone => zone.index < ZONE_NORMAL && zone.intersects(pfn, pages)) ?? zones[ZONE_NORMAL]!;
  }

  /** remove_pfn_range_from_zone, when the block's pages are no longer online. */
  shrink(zone: Zone, pfn: number, pages: number): void {
    const blocks = this.#blocks;
    const { pagesPerBlock } = blocks;
    zone.shrink(
      pfn,
      pages,
      from => {
        const id = blocks.nextInZone(
          Math.ceil(from / pagesPerBlock),
          Math.ceil(zone.endPfn / pagesPerBlock),
          zone,
        );
        return id === undefined ? undefined : this.#firstPfn(zone, id);
      },
      to => {
        const first = Math.floor(zone.startPfn / pagesPerBlock);
        const id = blocks.previousInZone(Math.floor(to / pagesPerBlock) - 1, first, zone);
        return id === undefined ? undefined : this.#endPfn(zone, id);
      },
    );
  }

  /** The first page of a block that is a zone's. */
  #firstPfn(zone: Zone, id: number): number {
    const [first] = this.#pagesOf(zone, id);
    return Math.floor(first / PAGES_PER_SUBSECTION) * PAGES_PER_SUBSECTION;
  }

  #endPfn(zone: Zone, id: number): number {
    const [, end] = this.#pagesOf(zone, id);
    return Math.ceil(end / PAGES_PER_SUBSECTION) * PAGES_PER_SUBSECTION;
  }

  /**
   * pfn_section_valid: of a block of boot memory, what the zone's node has in it; where zones meet inside it, what each zone
   * had at boot.
   */
  #pagesOf({ node, earlyStartPfn, earlyEndPfn }: Zone, id: number): [first: number, end: number] {
    const { pagesPerBlock } = this.#blocks;
    const first = id * pagesPerBlock;
    const end = first + pagesPerBlock;
    if (!this.#blocks.isEarly(id)) return [first, end];
    const ranges = this.#memory.filter(
      range => range.node === node && range.firstPfn < end && range.endPfn > first,
    );
    const shared = this.#blocks.zoneOf(id) === NO_ZONE;
    return [
      Math.max(first, ranges[0]?.firstPfn ?? first, shared ? earlyStartPfn : 0),
      Math.min(end, ranges.at(-1)?.endPfn ?? end, shared ? earlyEndPfn : end),
    ];
  }
}
