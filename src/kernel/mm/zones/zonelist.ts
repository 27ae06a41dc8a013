import type { DriverCore } from '../../base/core.ts';
import type { Nodes } from '../../base/node/nodes.ts';
import { KERN_INFO } from '../../base/printk.ts';
import type { MemoryFacts } from '../hotplug/memory-facts.ts';
import { ZONE_MOVABLE, zoneNames } from './zone.ts';
import type { Zones } from './zones.ts';

/** What a node's load is smaller than: MAX_NUMNODES of the reference configuration. */
const MAX_NUMNODES = 1024;

/** mm/page_alloc.c: in which order a node's allocations fall back on other nodes. */
export class Zonelists {
  readonly #core: DriverCore;
  readonly #distance: MemoryFacts['distance'];
  readonly #nodes: Nodes;
  readonly #zones: Zones;
  readonly #load = new Map<number, number>();
  readonly #fallback = new Map<number, readonly number[]>();
  #policyZone = 0;

  constructor(core: DriverCore, facts: MemoryFacts, nodes: Nodes, zones: Zones) {
    this.#core = core;
    this.#distance = (from, to) => facts.distance(from, to);
    this.#nodes = nodes;
    this.#zones = zones;
  }

  /** Nodes to allocate from, the preferred one first. */
  fallback(node: number): readonly number[] {
    return this.#fallback.get(node) ?? [];
  }

  /** build_all_zonelists: for a node that is being brought up, its own list only. */
  build(newNode?: number): void {
    this.#load.clear();
    for (const node of newNode === undefined ? this.#nodes.possible : [newNode]) this.#buildFor(node);
    const pages = this.#zones.totalAboveHigh();
    this.#log(`Built ${this.#nodes.onlineCount} zonelists, mobility grouping on.  Total pages: ${pages}`);
    this.#log(`Policy zone: ${zoneNames[this.#policyZone]}`);
  }

  /** build_zonelists */
  #buildFor(local: number): void {
    const used = new Set<number>();
    const order: number[] = [];
    let previous = local;
    for (;;) {
      const node = this.nextBestNode(local, used);
      if (node === undefined) break;
      if (this.#distance(local, node) !== this.#distance(local, previous))
        this.#load.set(node, (this.#load.get(node) ?? 0) + 1);
      order.push(node);
      previous = node;
    }
    this.#fallback.set(local, order);
    for (const node of order)
      for (const zone of this.#zones.of(node))
        if (zone.managedPages > 0 && zone.index < ZONE_MOVABLE)
          this.#policyZone = Math.max(this.#policyZone, zone.index);
    if (!this.#core.profile.zones.logsFallbackOrder) return;
    this.#log(`Fallback order for Node ${local}: ${order.map(node => `${node} `).join('')}`);
  }

  /** find_next_best_node: the nearest node with memory not yet `used`; higher ids, CPU-less and less loaded nodes first. */
  nextBestNode(local: number, used: Set<number>): number | undefined {
    const { hasMemory, hasCpu } = this.#nodes;
    let best: number | undefined;
    if (!used.has(local) && (hasMemory.has(local) || this.#core.profile.zones.memorylessFallback))
      best = local;
    else {
      let least = Number.POSITIVE_INFINITY;
      for (const node of this.#nodes.possible) {
        if (used.has(node) || !hasMemory.has(node)) continue;
        const distance = this.#distance(local, node) + Number(node < local) + Number(hasCpu.has(node));
        const value = distance * MAX_NUMNODES + (this.#load.get(node) ?? 0);
        if (value < least) {
          least = value;
          best = node;
        }
      }
    }
    if (best !== undefined) used.add(best);
    return best;
  }

  #log(text: string): void {
    this.#core.printk.print(KERN_INFO, text);
  }
}
