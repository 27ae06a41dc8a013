import { type Attribute, group, parsed, ro, rw, wo } from '../fs/attribute.ts';
import type { Directory } from '../fs/directory.ts';
import { EINVAL, type Result } from '../lib/errno.ts';
import { dec } from '../lib/format.ts';
import { kstrtoull, stripNewline } from '../lib/kstrtox.ts';
import type { MemoryHotplug } from './memory-hotplug.ts';
import { kernelPages } from './page-counters.ts';

const SMALL_KIB = 2048;
const LARGE_KIB = 1048576;

/** mm/hugetlb.c `struct hstate`: persistent huge pages of one size. Nobody maps them, so that all are free. */
class HugePageSize {
  readonly #memory: MemoryHotplug;
  readonly kib: number;
  readonly #byNode = new Map<number, number>();
  readonly #directory: Directory;
  readonly #nodeDirectories = new Map<number, Directory>();
  overcommit = 0n;

  constructor(memory: MemoryHotplug, parent: Directory, kib: number) {
    this.#memory = memory;
    this.kib = kib;
    this.#directory = this.#addDirectory(parent);
    this.#directory.attach(globalAttributes.of(this));
  }

  /** Adds `hugepages-NkB` to the `hugepages` of a node. */
  addToNode(parent: Directory, node: number): void {
    const directory = this.#addDirectory(parent);
    directory.attach(nodeAttributes.of({ size: this, node }));
    this.#nodeDirectories.set(node, directory);
  }

  #addDirectory(parent: Directory): Directory {
    const directory = parent.addDirectory(`hugepages-${this.kib}kB`);
    if (this.kib > SMALL_KIB && this.#memory.core.profile.hugePageDemotion)
      directory.attach(demoteAttributes.of(this));
    return directory;
  }

  /** 4 KiB pages in one. */
  get pages(): number {
    return this.kib / 4;
  }

  get total(): number {
    let total = 0;
    for (const count of this.#byNode.values()) total += count;
    return total;
  }

  countOn(node: number): number {
    return this.#byNode.get(node) ?? 0;
  }

  /** set_max_huge_pages on one node: as many as there is memory for. */
  resizeOn(node: number, wanted: number): void {
    const { zones, hugePages } = this.#memory;
    const others = hugePages.pagesOn(node) - this.countOn(node) * this.pages;
    const free = zones.managed(node) - kernelPages(this.#memory, node) - others;
    const room = Math.floor(free / this.pages);
    this.#byNode.set(node, Math.max(0, Math.min(wanted, room)));
    this.#directory.contentChanged('nr_hugepages', 'nr_hugepages_mempolicy', 'free_hugepages');
    this.#nodeDirectories.get(node)?.contentChanged('nr_hugepages', 'free_hugepages');
    this.#memory.nodes.device(node)?.countersChanged();
  }

  /** set_max_huge_pages: evenly over the nodes with memory. */
  resize(wanted: number): void {
    const nodes = [...this.#memory.nodes.hasMemory].sort((a, b) => a - b);
    nodes.forEach((node, i) => {
      this.resizeOn(node, Math.floor(wanted / nodes.length) + Number(i < wanted % nodes.length));
    });
  }
}

/** The sizes of x86-64, smaller first. */
export class HugePages {
  readonly sizes: readonly HugePageSize[];

  constructor(memory: MemoryHotplug) {
    const directory = memory.mmDirectory.addDirectory('hugepages');
    this.sizes = [SMALL_KIB, LARGE_KIB].map(kib => new HugePageSize(memory, directory, kib));
  }

  /** dissolve_free_huge_pages: those for which a node has no memory any more. */
  dissolve(node: number): void {
    for (const size of this.sizes) if (size.countOn(node) > 0) size.resizeOn(node, size.countOn(node));
  }

  /** 4 KiB pages of a node that huge pages take. */
  pagesOn(node: number): number {
    return this.sizes.reduce((pages, size) => pages + size.countOn(node) * size.pages, 0);
  }
}

const decimal = (text: string): Result<bigint> => kstrtoull(text, 10);

const nrHugePages: Attribute<HugePageSize> = rw(
  size => dec(size.total),
  parsed(decimal, (size, wanted) => size.resize(Number(wanted))),
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

/** Larger pages can be split to 2 MiB ones; there is no third size to choose. */
const demoteAttributes = group<HugePageSize>(
  {
    demote: wo(parsed(decimal, () => {})),
    demote_size: rw(
      () => '2048kB\n',
      (_size, text) => (/^(2M|2048k|2097152)B?$/i.test(stripNewline(text)) ? undefined : EINVAL),
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
      parsed(decimal, ({ size, node }, wanted) => size.resizeOn(node, Number(wanted))),
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
