import { group, ro } from '../../fs/attribute.ts';
import { listRanges } from '../../lib/format.ts';
import type { MemoryManagement } from '../../mm/memory-management.ts';
import { procMemoryFiles } from '../../mm/vmstat/proc-memory.ts';
import { Bus } from '../bus.ts';
import { RootDevice } from '../device.ts';
import { NodeDevice } from './node.ts';

type Mask = (nodes: Nodes) => Iterable<number>;
const mask = (of: Mask) => ro<Nodes>(nodes => `${listRanges([...of(nodes)].sort((a, b) => a - b))}\n`);

const nodeMasks = group<Nodes>(
  {
    possible: mask(nodes => nodes.possible),
    online: mask(nodes => nodes.online()),
    has_normal_memory: mask(nodes => nodes.hasNormalMemory),
    has_memory: mask(nodes => nodes.hasMemory),
    has_cpu: mask(nodes => nodes.hasCpu),
    has_generic_initiator: mask(() => []),
  },
  { stable: true },
);

/** node_states and /sys/devices/system/node. */
export class Nodes {
  readonly #memory: MemoryManagement;
  /** Ascending. */
  readonly possible: readonly number[];
  readonly hasMemory = new Set<number>();
  /** Nodes with memory in a zone up to Normal. */
  readonly hasNormalMemory = new Set<number>();
  readonly hasCpu: ReadonlySet<number>;
  readonly bus: Bus;
  readonly root: RootDevice;
  readonly #devices = new Map<number, NodeDevice>();
  readonly #online = new Set<number>();
  #booted = false;

  constructor(memory: MemoryManagement) {
    const { core, facts } = memory;
    this.#memory = memory;
    this.possible = facts.nodes.map(node => node.id);
    this.hasCpu = new Set(facts.nodes.filter(node => node.cpus.length > 0).map(node => node.id));
    this.bus = new Bus(core, 'node');
    this.root = new RootDevice(core, 'node', core.systemDirectory, [nodeMasks.of(this)]);
    this.root.add();
  }

  get onlineCount(): number {
    return this.#online.size;
  }

  isPossible(node: number): boolean {
    return this.possible.includes(node);
  }

  isOnline(node: number): boolean {
    return this.#online.has(node);
  }

  /** Ascending. */
  online(): number[] {
    return this.possible.filter(node => this.#online.has(node));
  }

  device(node: number): NodeDevice | undefined {
    return this.#devices.get(node);
  }

  /** numa_map_to_online_node: the node itself, or the nearest one online; −1 stays −1. */
  nearestOnline(node: number): number {
    if (node < 0 || this.#online.has(node)) return node;
    const distance = (to: number): number => this.#memory.facts.distance(node, to);
    const online = this.online();
    return online.length === 0 ? node : online.reduce((a, b) => (distance(b) < distance(a) ? b : a));
  }

  /** node_set_online */
  setOnline(node: number): void {
    this.#memory.zones.settleWatermarks();
    this.#online.add(node);
    this.#onlineChanged();
  }

  /** register_one_node */
  register(node: number): void {
    const device = new NodeDevice(this.#memory, node);
    this.#devices.set(node, device);
    device.add();
    device.populate();
  }

  /** try_offline_node: only when it spans no pages, has no blocks and no CPUs. */
  tryOffline(node: number): void {
    const { zones, blocks } = this.#memory;
    if (zones.spanned(node) > 0 || blocks.countOf(node) > 0 || this.hasCpu.has(node)) return;
    zones.settleWatermarks();
    this.#online.delete(node);
    this.#devices.get(node)?.remove();
    this.#devices.delete(node);
    this.#onlineChanged();
  }

  /** node_states_set_node and node_states_clear_node, after the counts of a zone changed. */
  updateStates(node: number): void {
    const { zones } = this.#memory;
    this.#update(this.hasMemory, 'has_memory', node, zones.present(node) > 0);
    this.#devices.get(node)?.followMemory();
    if (this.#booted && !this.#memory.core.profile.node.normalMemoryFollowsHotplug) return;
    this.#update(this.hasNormalMemory, 'has_normal_memory', node, zones.presentNormal(node) > 0);
  }

  /** From now on, memory that changes is hotplug. */
  booted(): void {
    this.#booted = true;
  }

  #update(set: Set<number>, file: string, node: number, member: boolean): void {
    if (set.has(node) === member) return;
    if (member) set.add(node);
    else set.delete(node);
    this.root.directory.contentChanged(file);
  }

  /** A node has more or fewer pages, or others of them are in use. */
  countersChanged(node: number): void {
    this.#devices.get(node)?.countersChanged();
    this.totalsChanged();
  }

  /** What is counted over all nodes changed. */
  totalsChanged(): void {
    this.#memory.core.proc.contentChanged(...procMemoryFiles);
  }

  #onlineChanged(): void {
    this.totalsChanged();
    this.root.directory.contentChanged('online');
    for (const device of this.#devices.values()) device.directory.contentChanged('distance');
  }
}
