import type { BlockTable } from '../../base/memory/block-table.ts';
import { MAX_ORDER_NR_PAGES } from '../../lib/page.ts';
import { FreeList } from './free-list.ts';

/** Pages of a pageblock: one memory section's page structures fill it, and so does the smaller huge page. 2 MiB. */
export const PAGEBLOCK = 512;

/** Page frames exceed 32 bits, which bit operators are for. */
const startOf = (pfn: number, pages: number): number => pfn - (pfn % pages);
const buddyOf = (pfn: number): number =>
  pfn % MAX_ORDER_NR_PAGES < PAGEBLOCK ? pfn + PAGEBLOCK : pfn - PAGEBLOCK;

/** The buddy allocator of a zone's hot-added blocks, as far as it decides which pageblocks are taken. */
export class ZoneBuddy {
  readonly #blocks: BlockTable;
  /** What was in use goes first: halves of a chunk, then whole ones. */
  readonly #halves = new FreeList();
  readonly #chunks = new FreeList();
  /** Untouched chunks, the lowest last, of the blocks in the order of going online. A block gets its list when it is needed. */
  readonly #fresh = new Map<number, number[] | undefined>();
  /** The pageblock that a block's own page structures leave of their chunk: nobody takes it while there are chunks. */
  readonly #odd = new Map<number, number>();
  /** Pageblocks that cannot move, by block. */
  readonly #pinned = new Map<number, Set<number>>();

  constructor(blocks: BlockTable) {
    this.#blocks = blocks;
  }

  blockOnline(id: number): void {
    this.#fresh.set(id, undefined);
    const first = this.#firstPfn(id);
    const chunk = Math.ceil(first / MAX_ORDER_NR_PAGES) * MAX_ORDER_NR_PAGES;
    if (chunk - first >= PAGEBLOCK) this.#odd.set(id, chunk - PAGEBLOCK);
  }

  blockOffline(id: number): void {
    const { pagesPerBlock } = this.#blocks;
    for (let pfn = id * pagesPerBlock; pfn < (id + 1) * pagesPerBlock; pfn += PAGEBLOCK) {
      this.#halves.delete(pfn);
      this.#chunks.delete(pfn);
    }
    this.#fresh.delete(id);
    this.#odd.delete(id);
    this.#pinned.delete(id);
  }

  /** The first page frame of a pageblock, or undefined when there is none. */
  alloc(): number | undefined {
    return this.#halves.pop() ?? this.#split(this.#chunks.pop() ?? this.#popFresh()) ?? this.#popOdd();
  }

  /** The pageblock with the structures of the node's own threads, which are slabs. */
  #slab: number | undefined;

  /** kswapd_run and kcompactd_run: structures of a node's threads in memory of its own. */
  startThreads(): void {
    this.#slab = this.allocPinned();
  }

  /** Whether what cannot move at a page frame is a slab. */
  isSlab(pfn: number): boolean {
    return pfn === this.#slab;
  }

  /** A pageblock for what cannot move. */
  allocPinned(): number | undefined {
    const pfn = this.alloc();
    if (pfn === undefined) return undefined;
    const id = this.#blockOf(pfn);
    this.#pinned.set(id, (this.#pinned.get(id) ?? new Set()).add(pfn));
    return pfn;
  }

  free(pfn: number): void {
    this.#pinned.get(this.#blockOf(pfn))?.delete(pfn);
    if (this.#halves.delete(buddyOf(pfn))) this.#chunks.push(startOf(pfn, MAX_ORDER_NR_PAGES));
    else this.#halves.push(pfn);
  }

  isFree(pfn: number): boolean {
    const first = startOf(pfn, PAGEBLOCK);
    const chunk = startOf(pfn, MAX_ORDER_NR_PAGES);
    const id = this.#blockOf(pfn);
    return (
      this.#halves.has(first) ||
      this.#chunks.has(chunk) ||
      this.#freshOf(id).includes(chunk) ||
      this.#odd.get(id) === first
    );
  }

  /** Takes the pageblock of a page frame, if it is free: no pageblock with a poisoned page is whole again. */
  take(pfn: number): void {
    const first = startOf(pfn, PAGEBLOCK);
    const id = this.#blockOf(pfn);
    if (this.#halves.delete(first)) return;
    if (this.#odd.get(id) === first) this.#odd.delete(id);
    else if (this.#takeChunk(id, startOf(pfn, MAX_ORDER_NR_PAGES))) this.#halves.push(buddyOf(first));
  }

  /** Whether a page holds page structures: those of its own block, or of memory that came later. */
  isPinned(pfn: number): boolean {
    const id = this.#blockOf(pfn);
    return pfn < this.#firstPfn(id) || (this.#pinned.get(id)?.has(startOf(pfn, PAGEBLOCK)) ?? false);
  }

  /** The first page frame of a block that isolation stops at. */
  firstPinnedIn(id: number): number | undefined {
    const pinned = this.#pinned.get(id);
    return pinned?.size ? Math.min(...pinned) : undefined;
  }

  #split(chunk: number | undefined): number | undefined {
    if (chunk !== undefined) this.#halves.push(chunk + PAGEBLOCK);
    return chunk;
  }

  #popFresh(): number | undefined {
    for (const id of this.#fresh.keys()) {
      const chunk = this.#freshOf(id).pop();
      if (chunk !== undefined) return chunk;
      this.#fresh.delete(id);
    }
    return undefined;
  }

  #popOdd(): number | undefined {
    for (const [id, pfn] of this.#odd) {
      this.#odd.delete(id);
      return pfn;
    }
    return undefined;
  }

  #takeChunk(id: number, chunk: number): boolean {
    if (this.#chunks.delete(chunk)) return true;
    const fresh = this.#freshOf(id);
    const index = fresh.indexOf(chunk);
    if (index >= 0) fresh.splice(index, 1);
    return index >= 0;
  }

  #freshOf(id: number): number[] {
    if (!this.#fresh.has(id)) return [];
    const known = this.#fresh.get(id);
    if (known) return known;
    const chunks: number[] = [];
    const first = Math.ceil(this.#firstPfn(id) / MAX_ORDER_NR_PAGES) * MAX_ORDER_NR_PAGES;
    const end = (id + 1) * this.#blocks.pagesPerBlock;
    for (let chunk = first; chunk < end; chunk += MAX_ORDER_NR_PAGES) chunks.unshift(chunk);
    this.#fresh.set(id, chunks);
    return chunks;
  }

  /** Behind the block's own page structures. */
  #firstPfn(id: number): number {
    return id * this.#blocks.pagesPerBlock + this.#blocks.memmapPagesOf(id);
  }

  #blockOf(pfn: number): number {
    return Math.floor(pfn / this.#blocks.pagesPerBlock);
  }
}
