import type {
  AccessClass,
  AccessCoordinate,
  TargetPerformance,
} from '../../kernel/mm/hotplug/memory-facts.ts';
import { MEMTIER_ADISTANCE_DRAM } from '../../kernel/mm/memory-tiers.ts';
import type { FirmwareTables, HmatKind, HmatLocality, HmatTable } from '../description.ts';
import type { Numa } from './numa.ts';

type Attribute = keyof AccessCoordinate;

interface Target {
  readonly node: number;
  /** access0, access1 */
  readonly access: readonly [AccessClass, AccessClass];
}

/** In the order in which hmat_update_target_attrs looks at them. */
const ATTRIBUTES: readonly { readonly name: Attribute; readonly kinds: readonly HmatKind[] }[] = [
  { name: 'writeLatency', kinds: ['access-latency', 'write-latency'] },
  { name: 'readLatency', kinds: ['access-latency', 'read-latency'] },
  { name: 'writeBandwidth', kinds: ['access-bandwidth', 'write-bandwidth'] },
  { name: 'readBandwidth', kinds: ['access-bandwidth', 'read-bandwidth'] },
];

/**
 * drivers/acpi/numa/hmat.c: access classes of every domain that the SRAT has memory of (srat_parse_mem_affinity), and
 * their distances for the memory tiers. What the table does not tell is 0.
 */
export function readHmat(
  { srat }: FirmwareTables,
  table: HmatTable,
  numa: Numa,
  dramNodes: readonly number[],
): readonly TargetPerformance[] {
  const hasCpu = (domain: number): boolean => numa.cpus.has(numa.nodeOfDomain.get(domain) ?? -1);
  const memoryDomains = new Set(srat.map(entry => entry.proximityDomain));
  const targets = Array.from(numa.nodeOfDomain)
    .filter(([domain]) => memoryDomains.has(domain))
    .map(([domain, node]): Target => {
      const classOf = (accept: (domain: number) => boolean) =>
        accessClass(table, domain, accept, numa.nodeOfDomain);
      return { node, access: [classOf(() => true), classOf(hasCpu)] };
    })
    .sort((a, b) => a.node - b.node);
  const dram = dramPerformance(targets, dramNodes);
  return targets.map(target => ({
    ...target,
    abstractDistance: dram && abstractDistance(target.access[1].coordinate, dram),
  }));
}

/** hmat_update_target_attrs: the attached initiator if the table names one, else those that do best in everything. */
function accessClass(
  { initiators: attached, localities }: HmatTable,
  target: number,
  accept: (domain: number) => boolean,
  nodeOfDomain: ReadonlyMap<number, number>,
): AccessClass {
  const own = localities.filter(entry => entry.target === target);
  const processor = attached[target];
  const usesProcessor = processor !== undefined && accept(processor);
  let best = usesProcessor
    ? [processor]
    : [...new Set(localities.map(entry => entry.initiator))].filter(accept);
  const coordinate = { readBandwidth: 0, writeBandwidth: 0, readLatency: 0, writeLatency: 0 };
  for (const { name, kinds } of ATTRIBUTES) {
    const values = best.map(domain => statedValue(own, domain, kinds));
    const stated = values.filter(value => value > 0);
    if (stated.length === 0) continue;
    coordinate[name] = name.endsWith('Latency') ? Math.min(...stated) : Math.max(...stated);
    best = best.filter((_, index) => values[index] === coordinate[name]);
  }
  const nodes = best.flatMap(domain => nodeOfDomain.get(domain) ?? []);
  return { initiators: nodes.sort((a, b) => a - b), coordinate };
}

function statedValue(
  entries: readonly HmatLocality[],
  initiator: number,
  kinds: readonly HmatKind[],
): number {
  return entries.findLast(entry => entry.initiator === initiator && kinds.includes(entry.kind))?.value ?? 0;
}

function isComplete({ readBandwidth, writeBandwidth, readLatency, writeLatency }: AccessCoordinate): boolean {
  return readBandwidth + writeBandwidth > 0 && readLatency + writeLatency > 0;
}

/** mt_set_default_dram_perf: the first DRAM node's, unless another one differs from it by more than a tenth. */
function dramPerformance(
  targets: readonly Target[],
  dramNodes: readonly number[],
): AccessCoordinate | undefined {
  const all = targets
    .filter(({ node }) => dramNodes.includes(node))
    .map(({ access }) => access[1].coordinate)
    .filter(isComplete);
  const reference = all[0];
  const differs = (other: AccessCoordinate): boolean =>
    ATTRIBUTES.some(({ name }) => Math.abs(other[name] - reference![name]) * 10 > reference![name]);
  return all.some(differs) ? undefined : reference;
}

/** mt_perf_to_adistance, in the kernel's integer arithmetic. */
function abstractDistance(target: AccessCoordinate, dram: AccessCoordinate): number | undefined {
  if (!isComplete(target)) return undefined;
  const latency = (at: AccessCoordinate): bigint => BigInt(at.readLatency + at.writeLatency);
  const bandwidth = (at: AccessCoordinate): bigint => BigInt(at.readBandwidth + at.writeBandwidth);
  const byLatency = (BigInt(MEMTIER_ADISTANCE_DRAM) * latency(target)) / latency(dram);
  return Number((byLatency * bandwidth(dram)) / bandwidth(target));
}
