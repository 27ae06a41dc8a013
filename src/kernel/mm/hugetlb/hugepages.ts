import { type Attribute, group, parsed, ro, rw, wo } from '../../fs/attribute.ts';
import type { Directory } from '../../fs/directory.ts';
import { EINVAL, type Result } from '../../lib/errno.ts';
import { dec } from '../../lib/format.ts';
import { kstrtoull, stripNewline } from '../../lib/kstrtox.ts';
import type { MemoryManagement } from '../memory-management.ts';
import type { Zone } from '../zones/zone.ts';
import { HugePageFrames } from './huge-page-frames.ts';
import { HugePagePool } from './huge-page-pool.ts';
import { Turn } from './turn.ts';

const SMALL_KIB = 2048;
const LARGE_KIB = 1048576;

/** mm/hugetlb.c `struct hstate`: the pages of one size, and the files that tell of them. */
class HugePageSize extends HugePagePool {
  readonly #memory: MemoryManagement;
  readonly #directory: Directory;
  readonly #nodeDirectories = new Map<number, Directory>();
  overcommit = 0n;

  constructor(memory: MemoryManagement, frames: HugePageFrames, parent: Directory, kib: number) {
    super(frames, kib, memory.core.profile.hugetlb.batches);
    this.#memory = memory;
    this.#directory = this.#addDirectory(parent, undefined);
    this.#directory.attach(globalAttributes.of(this));
  }

  /** Adds `hugepages-NkB` to the `hugepages` of a node. */
  addToNode(parent: Directory, node: number): void {
    const directory = this.#addDirectory(parent, node);
    directory.attach(nodeAttributes.of({ size: this, node }));
    this.#nodeDirectories.set(node, directory);
  }

  #addDirectory(parent: Directory, node: number | undefined): Directory {
    const directory = parent.addDirectory(`hugepages-${this.kib}kB`);
    if (this.kib > SMALL_KIB && this.#memory.core.profile.hugetlb.demotion)
      directory.attach(demoteAttributes.of({ size: this, node }));
    return directory;
  }

  /** The nodes that a write is for: that of its directory, or all with memory. */
  #nodes(node: number | undefined): number[] {
    return node === undefined ? [...this.#memory.nodes.hasMemory].sort((a, b) => a - b) : [node];
  }

  setCount(wanted: number, node?: number): void {
    const others = node === undefined ? 0 : this.total - this.countOn(node);
    this.resize(wanted + others, this.#nodes(node));
    this.#memory.hugePages.countsChanged();
  }

  /** hugetlb_pages_alloc_boot: by threads, each of which begins at the first node with each of its shares. */
  bootCount(count: number): void {
    const { profile } = this.#memory.core;
    const nodes = this.#nodes(undefined);
    const share = profile.hugetlb.batches ? bootShare(count, nodes.length) : count;
    for (let wanted = share; this.total < count; wanted += share) {
      const before = this.total;
      this.resize(Math.min(wanted, count), nodes, new Turn());
      if (this.total === before) return;
    }
  }

  /** demote_store: splits as many into pages of the smaller size. */
  demote(count: number, node: number | undefined): void {
    const [small] = this.#memory.hugePages.sizes;
    const parts = this.pages / small!.pages;
    for (const run of this.withdraw(count, this.#nodes(node))) small!.addParts(run, parts);
    this.#memory.hugePages.countsChanged();
  }

  countsChanged(): void {
    this.#directory.contentChanged('nr_hugepages', 'nr_hugepages_mempolicy', 'free_hugepages');
    for (const directory of this.#nodeDirectories.values())
      directory.contentChanged('nr_hugepages', 'free_hugepages');
  }
}

/** padata_do_multithreaded: how much a thread does at a time, with as many threads as twice the nodes. */
function bootShare(count: number, nodes: number): number {
  const least = Math.floor(count / nodes / 2);
  const threads = Math.min(Math.max(Math.floor(count / Math.max(least, 1)), 1), nodes * 2);
  return threads === 1 ? count : Math.max(Math.floor(count / (threads * 4)), least, 1);
}

/** The sizes of x86-64, smaller first. */
export class HugePages {
  readonly sizes: readonly HugePageSize[];
  readonly #memory: MemoryManagement;

  constructor(memory: MemoryManagement) {
    this.#memory = memory;
    const directory = memory.mmDirectory.addDirectory('hugepages');
    const frames = new HugePageFrames(memory);
    this.sizes = [SMALL_KIB, LARGE_KIB].map(kib => new HugePageSize(memory, frames, directory, kib));
  }

  /** Those that lie in a block that goes offline. */
  dissolve(block: number, zone: Zone): void {
    const { pagesPerBlock } = this.#memory.blocks;
    this.#dissolve(zone, block * pagesPerBlock, (block + 1) * pagesPerBlock);
  }

  /** Whether there was one around a page frame. */
  dissolvePage(pfn: number, zone: Zone): boolean {
    return this.#dissolve(zone, pfn, pfn + 1);
  }

  #dissolve(zone: Zone, pfn: number, end: number): boolean {
    const dissolved = this.sizes.filter(size => size.dissolve(zone, pfn, end)).length > 0;
    if (dissolved) this.countsChanged();
    return dissolved;
  }

  /** hugetlb_hstate_alloc_pages */
  boot(wanted: number | ReadonlyMap<number, number>): void {
    const [small] = this.sizes;
    if (typeof wanted === 'number') small!.bootCount(wanted);
    else for (const [node, count] of wanted) small!.setCount(count, node);
  }

  countsChanged(): void {
    for (const size of this.sizes) size.countsChanged();
    const { nodes } = this.#memory;
    for (const node of nodes.online()) nodes.device(node)?.countersChanged();
    nodes.totalsChanged();
  }

  /** 4 KiB pages of a node that huge pages take. */
  pagesOn(node: number): number {
    return this.sizes.reduce((pages, size) => pages + size.countOn(node) * size.pages, 0);
  }
}

const decimal = (text: string): Result<bigint> => kstrtoull(text, 10);

const nrHugePages: Attribute<HugePageSize> = rw(
  size => dec(size.total),
  parsed(decimal, (size, wanted) => size.setCount(Number(wanted))),
);

const globalAttributes = group<HugePageSize>(
  {
    nr_hugepages: nrHugePages,
    nr_hugepages_mempolicy: nrHugePages,
    free_hugepages: ro(size => dec(size.total)),
    resv_hugepages: ro(() => '0\n'),
    surplus_hugepages: ro(() => '0\n'),
    nr_overcommit_hugepages: rw(
      size => dec(size.overcommit),
      parsed(decimal, (size, value) => {
        if (size.kib > SMALL_KIB) return EINVAL;
        size.overcommit = value;
        return undefined;
      }),
    ),
  },
  { stable: true },
);

interface DemotablePool {
  readonly size: HugePageSize;
  readonly node: number | undefined;
}

/** Larger pages can be split to 2 MiB ones; there is no third size to choose. */
const demoteAttributes = group<DemotablePool>(
  {
    demote: wo(parsed(decimal, ({ size, node }, count) => size.demote(Number(count), node))),
    demote_size: rw(
      () => '2048kB\n',
      (_pool, text) => (/^(2M|2048k|2097152)B?$/i.test(stripNewline(text)) ? undefined : EINVAL),
    ),
  },
  { stable: true },
);

interface NodePool {
  readonly size: HugePageSize;
  readonly node: number;
}

const nodeAttributes = group<NodePool>(
  {
    nr_hugepages: rw(
      ({ size, node }) => dec(size.countOn(node)),
      parsed(decimal, ({ size, node }, wanted) => size.setCount(Number(wanted), node)),
    ),
    free_hugepages: ro(({ size, node }) => dec(size.countOn(node))),
    surplus_hugepages: ro(() => '0\n'),
  },
  { stable: true },
);

/** Fills `nodeN/hugepages`. */
export function nodeHugePages(directory: Directory, hugePages: HugePages, node: number): void {
  for (const size of hugePages.sizes) size.addToNode(directory, node);
}
