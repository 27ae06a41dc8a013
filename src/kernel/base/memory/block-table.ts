import type { Zone } from '../../mm/zones/zone.ts';

const PAGE_BITS = 12;
const BLOCKS_PER_PAGE = 1 << PAGE_BITS;
const INDEX = BLOCKS_PER_PAGE - 1;

const PRESENT = 1;
const ONLINE = 2;
const EARLY = 4;

/** No single zone: offline, or boot memory of several zones. */
export const NO_ZONE = 255;
const NO_GROUP = -1;

/** What `struct memory_block` holds, for 4096 blocks: 11 bytes each. */
class BlockPage {
  readonly flags = new Uint8Array(BLOCKS_PER_PAGE);
  readonly zone = new Uint8Array(BLOCKS_PER_PAGE);
  readonly onlineType = new Uint8Array(BLOCKS_PER_PAGE);
  readonly node = new Int16Array(BLOCKS_PER_PAGE);
  readonly memmapPages = new Uint16Array(BLOCKS_PER_PAGE);
  readonly group = new Int32Array(BLOCKS_PER_PAGE);
}

/** The memory blocks that are present, by id (address / block size): half a million of them are a few megabytes. */
export class BlockTable {
  readonly pagesPerBlock: number;
  readonly #pages: (BlockPage | undefined)[] = [];
  /** Blocks with memory of several nodes, or with holes: a few at the edges of boot memory. */
  readonly #severalNodes = new Map<number, readonly number[]>();
  readonly #presentPages = new Map<number, number>();
  readonly #countByNode = new Map<number, number>();
  #count = 0;

  /** @param pagesPerBlock 4 KiB pages */
  constructor(pagesPerBlock: number) {
    this.pagesPerBlock = pagesPerBlock;
  }

  get count(): number {
    return this.#count;
  }

  /** Blocks, online or not, that keep a node. */
  countOf(node: number): number {
    return this.#countByNode.get(node) ?? 0;
  }

  has(id: number): boolean {
    return this.#flag(id, PRESENT);
  }

  isOnline(id: number): boolean {
    return this.#flag(id, ONLINE);
  }

  /** Boot memory. */
  isEarly(id: number): boolean {
    return this.#flag(id, EARLY);
  }

  zoneOf(id: number): number {
    return this.#page(id).zone[id & INDEX]!;
  }

  /** The (first) node. */
  nodeOf(id: number): number {
    return this.#page(id).node[id & INDEX]!;
  }

  nodesOf(id: number): readonly number[] {
    return this.#severalNodes.get(id) ?? [this.nodeOf(id)];
  }

  groupOf(id: number): number {
    return this.#page(id).group[id & INDEX]!;
  }

  /** Pages at the block's start that hold its own page structures. */
  memmapPagesOf(id: number): number {
    return this.#page(id).memmapPages[id & INDEX]!;
  }

  /** The latched MMOP_* type. */
  onlineTypeOf(id: number): number {
    return this.#page(id).onlineType[id & INDEX]!;
  }

  /** Pages of memory in the block: fewer than it spans when there are holes. */
  presentPagesOf(id: number): number {
    return this.#presentPages.get(id) ?? this.pagesPerBlock;
  }

  setOnlineType(id: number, type: number): void {
    this.#page(id).onlineType[id & INDEX] = type;
  }

  setOnline(id: number, zone: number): void {
    const page = this.#page(id);
    page.flags[id & INDEX]! |= ONLINE;
    page.zone[id & INDEX] = zone;
  }

  setOffline(id: number): void {
    const page = this.#page(id);
    page.flags[id & INDEX]! &= ~ONLINE;
    page.zone[id & INDEX] = NO_ZONE;
  }

  /** An offline block of hot-added memory. */
  add(id: number, node: number, group: number, memmapPages: number): void {
    const page = this.#pageToWrite(id);
    const i = id & INDEX;
    page.flags[i] = PRESENT;
    page.zone[i] = NO_ZONE;
    page.onlineType[i] = 0;
    page.node[i] = node;
    page.group[i] = group;
    page.memmapPages[i] = memmapPages;
    this.#counted([node], 1);
  }

  /** Online blocks of boot memory, [first, last]. */
  addEarly(first: number, last: number, nodes: readonly number[], zone: number, presentPages: number): void {
    for (let id = first; id <= last; ) {
      const page = this.#pageToWrite(id);
      const from = id & INDEX;
      const to = Math.min(BLOCKS_PER_PAGE, from + last - id + 1);
      page.flags.fill(PRESENT | ONLINE | EARLY, from, to);
      page.zone.fill(zone, from, to);
      page.node.fill(nodes[0]!, from, to);
      page.group.fill(NO_GROUP, from, to);
      id += to - from;
    }
    if (nodes.length > 1) for (let id = first; id <= last; id++) this.#severalNodes.set(id, nodes);
    if (presentPages < this.pagesPerBlock)
      for (let id = first; id <= last; id++) this.#presentPages.set(id, presentPages);
    this.#counted(nodes, last - first + 1);
  }

  remove(id: number): void {
    this.#counted(this.nodesOf(id), -1);
    this.#page(id).flags[id & INDEX] = 0;
    this.#severalNodes.delete(id);
    this.#presentPages.delete(id);
  }

  /** Ids of all blocks, or of those with memory on a node, ascending. */
  *ids(node?: number): Iterable<number> {
    for (let id = 0; id < this.#pages.length << PAGE_BITS; id++) {
      if (this.#pages[id >> PAGE_BITS] === undefined) id |= INDEX;
      else if (this.has(id) && (node === undefined || this.isOn(id, node))) yield id;
    }
  }

  isOn(id: number, node: number): boolean {
    return this.nodeOf(id) === node || (this.#severalNodes.get(id)?.includes(node) ?? false);
  }

  /** The first online block of the zone in [from, end). */
  nextInZone(from: number, end: number, zone: Zone): number | undefined {
    for (let id = from; id < end; id++) {
      if (this.#pages[id >> PAGE_BITS] === undefined) id |= INDEX;
      else if (this.#isIn(id, zone)) return id;
    }
    return undefined;
  }

  /** The last online block of the zone in [first, from]. */
  previousInZone(from: number, first: number, zone: Zone): number | undefined {
    for (let id = from; id >= first; id--) {
      if (this.#pages[id >> PAGE_BITS] === undefined) id &= ~INDEX;
      else if (this.#isIn(id, zone)) return id;
    }
    return undefined;
  }

  /** A block of several zones counts for each of them. */
  #isIn(id: number, { node, index }: Zone): boolean {
    if (!this.isOnline(id) || !this.isOn(id, node)) return false;
    const zone = this.zoneOf(id);
    return zone === index || zone === NO_ZONE;
  }

  #counted(nodes: readonly number[], change: number): void {
    this.#count += change;
    for (const node of nodes) this.#countByNode.set(node, this.countOf(node) + change);
  }

  #flag(id: number, bit: number): boolean {
    const page = this.#pages[id >> PAGE_BITS];
    return page !== undefined && (page.flags[id & INDEX]! & bit) !== 0;
  }

  #page(id: number): BlockPage {
    return this.#pages[id >> PAGE_BITS]!;
  }

  #pageToWrite(id: number): BlockPage {
    this.#pages[id >> PAGE_BITS] ??= new BlockPage();
    return this.#page(id);
  }
}
