import { FrameRun } from '../zones/frame-run.ts';
import type { Zone } from '../zones/zone.ts';
import type { HugePageFrames } from './huge-page-frames.ts';
import { HugePageList } from './huge-page-list.ts';
import { cutRun, type HugePageRun, reversedRun, sliceRun } from './huge-page-run.ts';
import { Turn } from './turn.ts';

/** mm/hugetlb.c `struct hstate`: persistent huge pages of one size. Nobody maps them, so that all are free. */
export class HugePagePool {
  readonly kib: number;
  readonly #frames: HugePageFrames;
  readonly #batches: boolean;
  /** hugepage_freelists */
  readonly #byNode = new Map<number, HugePageList>();
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
    return this.#byNode.get(node)?.count ?? 0;
  }

  /** set_max_huge_pages, in turn on each of some nodes; fewer where there is no memory for them. */
  resize(wanted: number, nodes: readonly number[], toAllocate = this.#toAllocate): void {
    const batch: HugePageRun[] = [];
    toAllocate.share(wanted - this.#total, nodes, (node, count) => {
      const runs = this.#frames.alloc(node, this.pages, count);
      batch.push(...runs);
      return runs.reduce((sum, run) => sum + run.count, 0);
    });
    this.add(batch);
    for (const run of this.withdraw(this.#total - wanted, nodes)) this.#frames.free(run, this.pages);
  }

  add(runs: readonly HugePageRun[]): void {
    const ordered = this.#batches ? runs.map(reversedRun).reverse() : runs;
    for (const run of ordered) this.#push(run);
  }

  /** demote_pool_huge_page: what pages of a larger size, of `parts` of this size, are split to. Those of each join by themselves. */
  addParts({ frames, ...run }: HugePageRun, parts: number): void {
    const { pages } = this;
    for (let i = 0; i < (frames?.units ?? 0); i++) {
      const { first, length, step } = frames!.unit(i);
      const split = this.#batches
        ? new FrameRun(first + (parts - 1) * pages, parts, -pages, length, step)
        : new FrameRun(first, parts, pages, length, step);
      this.#push({ ...run, count: split.count, frames: split });
    }
  }

  #push(run: HugePageRun): void {
    const { node } = run.zone;
    const list = this.#byNode.get(node) ?? new HugePageList();
    list.push(run);
    this.#byNode.set(node, list);
    this.#total += run.count;
  }

  /** Takes pages out, in turn from each of some nodes, that stay in use. Those of a node are in the order of going. */
  withdraw(count: number, nodes: readonly number[]): HugePageRun[] {
    const gone: HugePageRun[] = [];
    this.#toFree.share(count, nodes, (node, wanted) => {
      const runs = this.#byNode.get(node)?.pop(wanted) ?? [];
      gone.push(...runs);
      return runs.reduce((sum, run) => sum + run.count, 0);
    });
    for (const run of gone) this.#total -= run.count;
    return gone;
  }

  /** dissolve_free_hugetlb_folios: the pages that overlap [pfn, end), and those that boot memory has no room for any more. */
  dissolve(zone: Zone, pfn: number, end: number): boolean {
    const list = this.#byNode.get(zone.node);
    const before = list?.count ?? 0;
    list?.filter(run => this.#kept(run, zone, pfn, end));
    const gone = before - (list?.count ?? 0);
    this.#total -= gone;
    return gone > 0;
  }

  /** What stays of a run; the rest is freed. */
  #kept(run: HugePageRun, zone: Zone, pfn: number, end: number): HugePageRun[] {
    return cutRun(run, pfn, end, this.pages).flatMap(({ run: part, inside }) => {
      const short = part.early && part.zone === zone ? this.#frames.shortage(zone, this.pages) : 0;
      const goes = inside ? part.count : Math.min(short, part.count);
      for (const freed of sliceRun(part, 0, goes)) this.#frames.free(freed, this.pages);
      return sliceRun(part, goes, part.count);
    });
  }
}
