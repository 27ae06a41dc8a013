import { BlockBuddy } from './block-buddy.ts';
import type { BlockTable } from './block-table.ts';
import type { Zone } from './zone.ts';

/** The hot-added blocks of each zone, in the order in which they went online: that of the zone's free lists. */
export class FreeBlocks {
  readonly #blocks: BlockTable;
  /** A block gets its allocator when something of it is allocated. */
  readonly #byZone = new Map<Zone, Map<number, BlockBuddy | undefined>>();

  constructor(blocks: BlockTable) {
    this.#blocks = blocks;
  }

  blockOnline(id: number, zone: Zone): void {
    if (this.#blocks.isEarly(id)) return;
    const ids = this.#byZone.get(zone) ?? new Map<number, BlockBuddy | undefined>();
    this.#byZone.set(zone, ids.set(id, undefined));
  }

  blockOffline(id: number, zone: Zone): void {
    this.#byZone.get(zone)?.delete(id);
  }

  *of(zone: Zone): Iterable<BlockBuddy> {
    for (const id of this.#byZone.get(zone)?.keys() ?? []) yield this.buddyOf(id, zone)!;
  }

  /** Undefined for boot memory, and for a block that is not of the zone. */
  buddyOf(id: number, zone: Zone): BlockBuddy | undefined {
    const ids = this.#byZone.get(zone);
    if (!ids?.has(id)) return undefined;
    const made = ids.get(id) ?? this.#make(id);
    ids.set(id, made);
    return made;
  }

  /** The first page frame of a block that cannot move. */
  firstPinnedIn(id: number, zone: Zone): number | undefined {
    return this.#byZone.get(zone)?.get(id)?.firstPinned;
  }

  /** take_page_off_buddy: no pageblock with a poisoned page is whole again. */
  poison(pfn: number, id: number, zone: Zone): void {
    this.buddyOf(id, zone)?.take(pfn);
  }

  /** Whether a page holds page structures: those of its own block, or of memory that came later. */
  isPinned(pfn: number, id: number, zone: Zone): boolean {
    const blocks = this.#blocks;
    if (pfn < id * blocks.pagesPerBlock + blocks.memmapPagesOf(id)) return true;
    return this.#byZone.get(zone)?.get(id)?.isPinned(pfn) ?? false;
  }

  #make(id: number): BlockBuddy {
    const blocks = this.#blocks;
    const pfn = id * blocks.pagesPerBlock;
    return new BlockBuddy(blocks.nodeOf(id), pfn + blocks.memmapPagesOf(id), pfn + blocks.pagesPerBlock);
  }
}
