import { Bus } from '../base/bus.ts';
import { Device, RootDevice } from '../base/device.ts';
import { KERN_INFO } from '../base/printk.ts';
import { group, parsed, ro, rw } from '../fs/attribute.ts';
import type { ChildSource } from '../fs/directory.ts';
import { listRanges } from '../lib/format.ts';
import { kstrtobool } from '../lib/kstrtox.ts';
import type { MemoryManagement } from './memory-management.ts';

/** include/linux/memory-tiers.h */
const CHUNK = 128;
export const MEMTIER_ADISTANCE_DRAM = 576;
/** Distance of dax memory when nobody knows better. */
export const DEFAULT_DAX_ADISTANCE = MEMTIER_ADISTANCE_DRAM * 5;

/** `struct memory_dev_type`: nodes whose memory is equally far. */
export interface MemoryType {
  readonly abstractDistance: number;
  readonly nodes: Set<number>;
  /** kref: of the list that it is in, and of each node that has it. */
  references: number;
}

/** Types by their distance, of mm/ or of a driver, which puts them when it goes. */
export type MemoryTypes = Map<number, MemoryType>;

/** `node_memory_types[]` */
interface NodeType {
  type: MemoryType | undefined;
  /** map_count: devices with this type. Below zero when others let go of it. */
  count: number;
}

const UNDERFLOW_SITE = 'lib/refcount.c:28 refcount_warn_saturate';

const tierAttributes = group<MemoryTier>(
  { nodelist: ro(tier => `${listRanges(tier.nodes())}\n`) },
  { stable: true },
);

/** /sys/kernel/mm/numa */
const numaAttributes = group<MemoryTiers>(
  {
    demotion_enabled: rw(
      tiers => `${tiers.demotionEnabled}\n`,
      parsed(kstrtobool, (tiers, value) => {
        tiers.demotionEnabled = value;
      }),
    ),
  },
  { stable: true },
);

class MemoryTier extends Device {
  readonly index: number;
  readonly types = new Set<MemoryType>();
  readonly #bus: Bus;

  constructor(bus: Bus, root: RootDevice, index: number) {
    super(bus.core, `memory_tier${index}`, root);
    this.#bus = bus;
    this.index = index;
  }

  override get bus(): Bus {
    return this.#bus;
  }

  override groups(): ChildSource[] {
    return [tierAttributes.of(this)];
  }

  /** Ascending. */
  nodes(): number[] {
    return [...this.types].flatMap(type => [...type.nodes]).sort((a, b) => a - b);
  }
}

/** mm/memory-tiers.c: nodes with memory sorted by how far it is, and where a node's pages are demoted to. */
export class MemoryTiers {
  readonly #memory: MemoryManagement;
  readonly #defaults: MemoryTypes = new Map();
  readonly #nodeTypes = new Map<number, NodeType>();
  /** Nodes with online memory. */
  readonly #members = new Map<number, { readonly tier: MemoryTier; readonly type: MemoryType }>();
  /** Nearest first. */
  #tiers: MemoryTier[] = [];
  readonly #bus: Bus | undefined;
  readonly #root: RootDevice | undefined;
  demotionEnabled = false;

  constructor(memory: MemoryManagement) {
    this.#memory = memory;
    const { core } = memory;
    if (core.profile.demotion) memory.mmDirectory.addDirectory('numa').attach(numaAttributes.of(this));
    if (core.profile.memoryTiers === 'none') return;
    this.#bus = new Bus(core, 'memory_tiering');
    this.#root = new RootDevice(core, 'memory_tiering', core.virtualDirectory);
    this.#root.add();
  }

  /** mt_calc_adistance: what the HMAT says of a node, else `fallback`. */
  calculateDistance(node: number, fallback: number): number {
    const { core, facts } = this.#memory;
    if (core.profile.memoryTiers !== 'algorithmic') return fallback;
    return facts.hmat.find(target => target.node === node)?.abstractDistance ?? fallback;
  }

  /** mt_find_alloc_memory_type: one type for each distance in a list. */
  findMemoryType(abstractDistance: number, types: MemoryTypes = this.#defaults): MemoryType {
    const type = types.get(abstractDistance) ?? { abstractDistance, nodes: new Set<number>(), references: 1 };
    types.set(abstractDistance, type);
    return type;
  }

  /** mt_put_memory_types: a list goes, with those of its types that no node has. */
  putMemoryTypes(types: MemoryTypes): void {
    for (const type of types.values()) this.#put(type);
    types.clear();
  }

  /** init_node_memory_type: the first type of a node stays; the same one again is counted. */
  initNodeMemoryType(node: number, type: MemoryType): void {
    const has = this.#nodeType(node);
    has.type ??= type;
    if (has.type !== type) return;
    if (has.count === 0) type.references++;
    has.count++;
  }

  /**
   * clear_node_memory_type; without a type, whatever the node has. Whoever clears it for a device that never had it, as of a
   * node with boot memory, takes it from another: then a type may be put that is gone, with a warning.
   */
  clearNodeMemoryType(node: number, type?: MemoryType): void {
    const has = this.#nodeType(node);
    if (type === undefined || has.type === type) has.count--;
    if (has.count !== 0) return;
    const gone = has.type;
    has.type = undefined;
    if (gone) this.#put(gone);
  }

  #nodeType(node: number): NodeType {
    const has = this.#nodeTypes.get(node) ?? { type: undefined, count: 0 };
    this.#nodeTypes.set(node, has);
    return has;
  }

  /** kref_put */
  #put(type: MemoryType): void {
    if (type.references > 0) type.references--;
    else this.#memory.core.printk.warnOnce(UNDERFLOW_SITE, 'refcount_t: underflow; use-after-free.');
  }

  /** memory_tier_late_init: the nodes that booted with memory, all at once. */
  boot(nodes: readonly number[]): void {
    if (!this.#bus) return;
    for (const node of nodes) this.#join(node);
    this.#establishDemotionTargets();
  }

  /** set_node_memory_tier: the first block of the node went online. */
  nodeGainedMemory(node: number): void {
    if (!this.#bus) return;
    this.#join(node);
    this.#establishDemotionTargets();
  }

  /** clear_node_memory_tier: the last block went offline; an empty tier is gone. */
  nodeLostMemory(node: number): void {
    const member = this.#members.get(node);
    if (!member) return;
    const { tier, type } = member;
    this.#members.delete(node);
    type.nodes.delete(node);
    if (type.nodes.size === 0) tier.types.delete(type);
    tier.directory.contentChanged('nodelist');
    if (tier.types.size === 0) {
      this.#tiers = this.#tiers.filter(other => other !== tier);
      tier.remove();
    }
    this.#establishDemotionTargets();
  }

  #join(node: number): void {
    const has = this.#nodeType(node);
    const distance = has.type ? MEMTIER_ADISTANCE_DRAM : this.calculateDistance(node, MEMTIER_ADISTANCE_DRAM);
    this.initNodeMemoryType(node, this.findMemoryType(distance));
    const type = has.type!;
    type.nodes.add(node);
    const tier = this.#tierFor(type);
    tier.types.add(type);
    this.#members.set(node, { tier, type });
    tier.directory.contentChanged('nodelist');
  }

  /** find_create_memory_tier */
  #tierFor(type: MemoryType): MemoryTier {
    const index = Math.floor(type.abstractDistance / CHUNK);
    const existing = this.#tiers.find(tier => tier.index === index);
    if (existing) return existing;
    const tier = new MemoryTier(this.#bus!, this.#root!, index);
    this.#tiers = [...this.#tiers, tier].sort((a, b) => a.index - b.index);
    // Its node list has the node when the uevent says that it is there.
    tier.types.add(type);
    tier.add();
    return tier;
  }

  /** establish_demotion_targets: the nearest nodes of the next slower tier; dump_demotion_targets tells. */
  #establishDemotionTargets(): void {
    const { core, nodes } = this.#memory;
    if (core.profile.memoryTiers !== 'algorithmic') return;
    for (const node of [...nodes.hasMemory].sort((a, b) => a - b)) {
      const tier = this.#members.get(node)?.tier;
      if (!tier) continue;
      const preferred = this.#preferred(node, tier);
      const slower = this.#tiers.slice(this.#tiers.indexOf(tier) + 1);
      const fallback = slower.flatMap(other => other.nodes()).sort((a, b) => a - b);
      const targets =
        preferred.length === 0
          ? 'null'
          : `preferred: ${listRanges(preferred)}, fallback: ${listRanges(fallback)}`;
      core.printk.print(KERN_INFO, `Demotion targets for Node ${node}: ${targets}`);
    }
  }

  #preferred(node: number, tier: MemoryTier): number[] {
    const next = this.#tiers[this.#tiers.indexOf(tier) + 1];
    if (!next) return [];
    const { nodes, facts, zonelists } = this.#memory;
    const candidates = new Set(next.nodes());
    const used = new Set([...nodes.hasMemory].filter(other => !candidates.has(other)));
    const preferred: number[] = [];
    for (;;) {
      const target = zonelists.nextBestNode(node, used);
      if (target === undefined) break;
      if (preferred.length > 0 && facts.distance(node, target) !== facts.distance(node, preferred[0]!)) break;
      preferred.push(target);
    }
    return preferred.sort((a, b) => a - b);
  }
}
