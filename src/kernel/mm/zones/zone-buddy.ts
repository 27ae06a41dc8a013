import type { BlockTable } from '../../base/memory/block-table.ts';
import { MAX_ORDER_NR_PAGES } from '../../lib/page.ts';
import { FrameRun } from './frame-run.ts';
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
  readonly #fresh = new Map<number, FreeList | undefined>();
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
    for (const list of [this.#halves, this.#chunks])
      list.deleteIn(id * pagesPerBlock, (id + 1) * pagesPerBlock);
    this.#fresh.delete(id);
    this.#odd.delete(id);
    this.#pinned.delete(id);
  }

  /** The first page frame of a pageblock, or undefined when there is none. */
  alloc(): number | undefined {
    return this.allocRun(1)?.first;
  }

  /** Up to `count` pageblocks, as many as come in a row; undefined when there are none. */
  allocRun(count: number): FrameRun | undefined {
    return this.#halves.popRun(count) ?? this.#split(count) ?? this.#popOdd();
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

  /** Pageblocks in an order. */
  freeRun(run: FrameRun): void {
    const { first, last, length, step, units, unitStep } = run;
    if (length === 2 && run.at(1) === buddyOf(first) && unitStep % MAX_ORDER_NR_PAGES === 0) {
      this.#chunks.pushRun(new FrameRun(startOf(first, MAX_ORDER_NR_PAGES), units, unitStep));
    } else if (units > 1) {
      for (let unit = 0; unit < units; unit++) this.freeRun(run.unit(unit));
    } else if (Math.abs(step) !== PAGEBLOCK) {
      for (let i = 0; i < length; i++) this.free(run.at(i));
    } else {
      const from = buddyOf(first) === first + step ? 0 : 1;
      const chunks = Math.floor((length - from) / 2);
      if (from > 0) this.free(first);
      if (chunks > 0)
        this.#chunks.pushRun(new FrameRun(startOf(run.at(from), MAX_ORDER_NR_PAGES), chunks, 2 * step));
      if (from + chunks * 2 < length) this.free(last);
    }
  }

  /** Whether all of [pfn, end), whole chunks, is free. */
  isFree(pfn: number, end: number): boolean {
    const chunks = this.#chunkListsOf(pfn, end).reduce((count, list) => count + list.countIn(pfn, end), 0);
    const free = this.#halves.countIn(pfn, end) + 2 * chunks + this.#oddIn(pfn, end).length;
    return free === (end - pfn) / PAGEBLOCK;
  }

  /** Takes [pfn, end), which {@link isFree}. */
  takeAll(pfn: number, end: number): void {
    for (const list of [this.#halves, ...this.#chunkListsOf(pfn, end)]) list.deleteIn(pfn, end);
    for (const id of this.#oddIn(pfn, end)) this.#odd.delete(id);
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

  /** Of one chunk the first half when one pageblock is wanted, else whole chunks. */
  #split(count: number): FrameRun | undefined {
    const wanted = Math.max(Math.floor(count / 2), 1);
    const chunks = this.#chunks.popRun(wanted) ?? this.#popFresh(wanted);
    if (!chunks) return undefined;
    const { first, step } = chunks;
    if (count > 1) return new FrameRun(first, 2, PAGEBLOCK, chunks.count, step);
    this.#halves.push(first + PAGEBLOCK);
    return chunks;
  }

  #popFresh(count: number): FrameRun | undefined {
    for (const id of this.#fresh.keys()) {
      const chunks = this.#freshOf(id)?.popRun(count);
      if (chunks) return chunks;
      this.#fresh.delete(id);
    }
    return undefined;
  }

  #popOdd(): FrameRun | undefined {
    for (const [id, pfn] of this.#odd) {
      this.#odd.delete(id);
      return new FrameRun(pfn, 1, 0);
    }
    return undefined;
  }

  #takeChunk(id: number, chunk: number): boolean {
    return this.#chunks.delete(chunk) || (this.#freshOf(id)?.delete(chunk) ?? false);
  }

  #chunkListsOf(pfn: number, end: number): FreeList[] {
    const lists = [this.#chunks];
    for (let id = this.#blockOf(pfn); id <= this.#blockOf(end - 1); id++) {
      const fresh = this.#freshOf(id);
      if (fresh) lists.push(fresh);
    }
    return lists;
  }

  /** The blocks whose {@link #odd} pageblock lies there. */
  #oddIn(pfn: number, end: number): number[] {
    const ids: number[] = [];
    for (let id = this.#blockOf(pfn); id <= this.#blockOf(end - 1); id++) {
      const odd = this.#odd.get(id);
      if (odd !== undefined && odd >= pfn && odd < end) ids.push(id);
    }
    return ids;
  }

  #freshOf(id: number): FreeList | undefined {
    if (!this.#fresh.has(id)) return undefined;
    const known = this.#fresh.get(id);
    if (known) return known;
    const list = new FreeList();
    const end = (id + 1) * this.#blocks.pagesPerBlock;
    const first = Math.ceil(this.#firstPfn(id) / MAX_ORDER_NR_PAGES) * MAX_ORDER_NR_PAGES;
    const chunks = (end - first) / MAX_ORDER_NR_PAGES;
    if (chunks > 0) list.pushRun(new FrameRun(end - MAX_ORDER_NR_PAGES, chunks, -MAX_ORDER_NR_PAGES));
    this.#fresh.set(id, list);
    return list;
  }

  /** Behind the block's own page structures. */
  #firstPfn(id: number): number {
    return id * this.#blocks.pagesPerBlock + this.#blocks.memmapPagesOf(id);
  }

  #blockOf(pfn: number): number {
    return Math.floor(pfn / this.#blocks.pagesPerBlock);
  }
}
