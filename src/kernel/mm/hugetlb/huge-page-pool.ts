import type { Zone } from '../zones/zone.ts';
import type { HugePage, HugePageFrames } from './huge-page-frames.ts';

/** mm/hugetlb.c `struct hstate`: persistent huge pages of one size. Nobody maps them, so that all are free. */
export class HugePagePool {
  readonly kib: number;
  readonly #frames: HugePageFrames;
  readonly #batches: boolean;
  /** hugepage_freelists; the next page to go is the last. */
  readonly #byNode = new Map<number, HugePage[]>();
  readonly #toAllocate = new Turn();
  readonly #toFree = new Turn();
  #total = 0;

  /** @param batches pages join the pool together, the first allocated to be the first to go */
  constructor(frames: HugePageFrames, kib: number, batches: boolean) {
    this.#frames = frames;
    this.kib = kib;
    this.#batches = batches;
  }

  /** 4 KiB pages in one. */
  get pages(): number {
    return this.kib / 4;
  }

  get total(): number {
    return this.#total;
  }

  countOn(node: number): number {
    return this.#byNode.get(node)?.length ?? 0;
  }

  /** set_max_huge_pages, in turn on each of some nodes; fewer where there is no memory for them. */
  resize(wanted: number, nodes: readonly number[], toAllocate = this.#toAllocate): void {
    if (nodes.length === 0) return;
    const batch: HugePage[] = [];
    while (this.#total + batch.length < wanted) {
      const page = toAllocate.take(nodes, node => this.#frames.alloc(node, this.pages));
      if (!page) break;
      batch.push(page);
    }
    this.add(batch);
    for (const page of this.withdraw(this.#total - wanted, nodes)) this.#frames.free(page, this.pages);
  }

  add(pages: readonly HugePage[]): void {
    for (const page of this.#batches ? [...pages].reverse() : pages) {
      const { node } = page.zone;
      const list = this.#byNode.get(node) ?? [];
      list.push(page);
      this.#byNode.set(node, list);
    }
    this.#total += pages.length;
  }

  /** Takes pages out, in turn from each of some nodes, that stay in use. */
  *withdraw(count: number, nodes: readonly number[]): Iterable<HugePage> {
    for (let left = count; left > 0; left--) {
      const page = this.#toFree.take(nodes, node => this.#byNode.get(node)?.pop());
      if (!page) return;
      this.#total--;
      yield page;
    }
  }

  /** dissolve_free_hugetlb_folios: the pages that overlap [pfn, end), and those that boot memory has no room for any more. */
  dissolve(zone: Zone, pfn: number, end: number): boolean {
    const before = this.#total;
    const kept = this.#byNode.get(zone.node)?.filter(page => {
      const overlaps = page.pfn !== undefined && page.pfn < end && page.pfn + this.pages > pfn;
      const goes = overlaps || (page.early && page.zone === zone && this.#frames.isShort(zone));
      if (goes) this.#frames.free(page, this.pages);
      return !goes;
    });
    if (!kept) return false;
    this.#total -= this.countOn(zone.node) - kept.length;
    this.#byNode.set(zone.node, kept);
    return this.#total < before;
  }
}

/** next_nid_to_alloc or next_nid_to_free: the turn goes on among the nodes that are allowed now. */
export class Turn {
  #next = 0;

  take<T>(nodes: readonly number[], attempt: (node: number) => T | undefined): T | undefined {
    for (let tries = nodes.length; tries > 0; tries--) {
      const node = nodes.find(id => id >= this.#next) ?? nodes[0]!;
      this.#next = nodes.find(id => id > node) ?? nodes[0]!;
      const result = attempt(node);
      if (result !== undefined) return result;
    }
    return undefined;
  }
}
