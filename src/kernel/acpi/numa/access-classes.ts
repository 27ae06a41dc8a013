import { group, ro } from '../../fs/attribute.ts';
import { dec } from '../../lib/format.ts';
import type { AccessCoordinate, TargetPerformance } from '../../mm/hotplug/memory-facts.ts';
import type { MemoryManagement } from '../../mm/memory-management.ts';

const coordinateAttributes = group<AccessCoordinate>(
  {
    read_bandwidth: ro(coordinate => dec(coordinate.readBandwidth)),
    read_latency: ro(coordinate => dec(coordinate.readLatency)),
    write_bandwidth: ro(coordinate => dec(coordinate.writeBandwidth)),
    write_latency: ro(coordinate => dec(coordinate.writeLatency)),
  },
  { stable: true },
);

/** drivers/acpi/numa/hmat.c: the accessN directories of nodes, once for each target. */
export class AccessClasses {
  readonly #memory: MemoryManagement;
  readonly #registered = new Set<number>();

  constructor(memory: MemoryManagement) {
    this.#memory = memory;
  }

  /** hmat_register_target for every node that is online at boot. */
  boot(): void {
    for (const { node } of this.#memory.facts.hmat) this.nodeGainedMemory(node);
  }

  /** hmat_callback: not again for a node that went and came back. */
  nodeGainedMemory(node: number): void {
    const target = this.#memory.facts.hmat.find(one => one.node === node);
    if (!target || !this.#memory.nodes.isOnline(node) || this.#registered.has(node)) return;
    this.#registered.add(node);
    target.access.forEach((access, index) => {
      this.#register(target, access.initiators, access.coordinate, index);
    });
  }

  #register(
    { node }: TargetPerformance,
    initiators: readonly number[],
    coordinate: AccessCoordinate,
    index: number,
  ): void {
    const { nodes } = this.#memory;
    const target = nodes.device(node);
    if (!target) return;
    const own = target.access(index);
    own.initiators.attach(coordinateAttributes.of(coordinate));
    for (const id of initiators) {
      const initiator = nodes.device(id);
      if (!initiator) continue;
      own.initiators.addLink(initiator.name, initiator.directory);
      initiator.access(index).targets.addLink(target.name, target.directory);
    }
  }
}
