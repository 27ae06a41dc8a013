import { roundUp, smaller } from '../../kernel/lib/bigint.ts';
import { PAGE } from '../../kernel/lib/page.ts';
import { byStart, intersection, overlap, type Range } from '../../kernel/lib/range.ts';
import type { NodeRange } from '../../kernel/mm/hotplug/memory-facts.ts';
import type { FirmwareTables } from '../description.ts';
import type { E820Entry } from './facts.ts';

const MEBIBYTE = 1n << 20n;

const LOCAL_DISTANCE = 10;
const REMOTE_DISTANCE = 20;

/** What the SRAT, SLIT and CEDT say, in the kernel's own node numbers. */
export interface Numa {
  /** Node of each proximity domain that a table named, in order of node id. */
  readonly nodeOfDomain: ReadonlyMap<number, number>;
  /** SRAT ranges with boot memory (numa_meminfo), then those without (numa_reserved_meminfo), each in table order. */
  readonly memoryInfo: readonly NodeRange[];
  readonly reservedInfo: readonly NodeRange[];
  /** Boot memory in whole pages, ascending, by node. */
  readonly memory: readonly NodeRange[];
  /** What of that the SRAT says may be taken away, without the nodes that the kernel itself lies on. */
  readonly hotpluggable: readonly NodeRange[];
  /** CPU numbers of each node. */
  readonly cpus: ReadonlyMap<number, readonly number[]>;
  distance(from: number, to: number): number;
}

/** x86_numa_init: by the SRAT, or as one node when there is none, when it is no good, or with `numa=off`. */
export function initNuma(tables: FirmwareTables, e820: readonly E820Entry[], off: boolean): Numa {
  const ram = wholePages(e820.filter(entry => entry.type === 'usable'));
  return (off ? undefined : acpiNuma(tables, ram)) ?? dummyNuma(tables, ram);
}

/** memblock_trim_memory: RAM shrunk to whole pages. */
function wholePages(ram: readonly Range[]): readonly Range[] {
  return ram
    .map(({ start, end }) => ({ start: roundUp(start, PAGE), end: ((end + 1n) / PAGE) * PAGE - 1n }))
    .filter(({ start, end }) => start < end);
}

function acpiNuma(tables: FirmwareTables, ram: readonly Range[]): Numa | undefined {
  if (tables.srat.length === 0) return undefined;
  const nodeOfDomain = mapDomains(tables);
  const ranges = tables.srat.map(entry => ({
    start: BigInt(entry.start),
    end: BigInt(entry.end),
    node: nodeOfDomain.get(entry.proximityDomain)!,
  }));
  const { memoryInfo, reservedInfo } = splitMemoryInfo(ranges, ram);
  const memory = memoryByNode(memoryInfo, ram);
  if (!memory) return undefined;
  const windows = windowNodes(tables, nodeOfDomain, [...memoryInfo, ...reservedInfo]);
  return {
    nodeOfDomain,
    memoryInfo,
    reservedInfo: [...reservedInfo, ...windows],
    memory,
    hotpluggable: hotpluggable(tables, memory),
    cpus: cpusByNode(tables, domain => nodeOfDomain.get(domain)!),
    distance: readSlit(tables.slit, nodeOfDomain),
  };
}

function dummyNuma(tables: FirmwareTables, ram: readonly Range[]): Numa {
  const memory = ram.map(({ start, end }) => ({ start, end, node: 0 }));
  const past = ram.at(-1)?.end ?? 0n;
  return {
    nodeOfDomain: new Map([[0, 0]]),
    memoryInfo: [{ start: 0n, end: past, node: 0 }],
    reservedInfo: [],
    memory,
    hotpluggable: [],
    cpus: cpusByNode(tables, () => 0),
    distance: () => LOCAL_DISTANCE,
  };
}

/** acpi_map_pxm_to_node: the lowest free node id for each domain as the tables name it, CPUs before memory. */
function mapDomains(tables: FirmwareTables): Map<number, number> {
  const nodes = new Map<number, number>();
  for (const { proximityDomain } of [...tables.cpus, ...tables.srat]) {
    if (!nodes.has(proximityDomain)) nodes.set(proximityDomain, nodes.size);
  }
  return nodes;
}

/** acpi_parse_cfmws: a window that the SRAT does not know gets a node of its own, with a made-up domain. */
function windowNodes(
  tables: FirmwareTables,
  nodes: Map<number, number>,
  known: readonly NodeRange[],
): readonly NodeRange[] {
  const added: NodeRange[] = [];
  let fakeDomain = Math.max(...nodes.keys()) + 1;
  for (const window of tables.cxlWindows) {
    const range = { start: BigInt(window.start), end: BigInt(window.end) };
    if (nodeAt(known, range.start) >= 0) continue;
    added.push({ ...range, node: nodes.size });
    nodes.set(fakeDomain++, nodes.size);
  }
  return added;
}

/** numa_cleanup_meminfo: what lies past the end of RAM or holds none is kept for hot-added memory only. */
function splitMemoryInfo(
  ranges: readonly NodeRange[],
  ram: readonly Range[],
): Pick<Numa, 'memoryInfo' | 'reservedInfo'> {
  const high = ram.at(-1)?.end ?? -1n;
  const memoryInfo: NodeRange[] = [];
  const reservedInfo: NodeRange[] = [];
  for (const range of ranges) {
    const end = smaller(range.end, high);
    if (!ram.some(part => overlap(part, { start: range.start, end }))) {
      reservedInfo.push(range);
      continue;
    }
    memoryInfo.push({ ...range, end });
    if (range.end > end) reservedInfo.push({ ...range, start: end + 1n });
  }
  return { memoryInfo, reservedInfo };
}

/** Boot memory cut at node boundaries. Undefined when the table leaves a mebibyte or more of it to no node. */
function memoryByNode(info: readonly NodeRange[], ram: readonly Range[]): readonly NodeRange[] | undefined {
  const sorted = [...info].sort(byStart);
  const memory: NodeRange[] = [];
  let uncovered = 0n;
  const add = (start: bigint, end: bigint, node: number): void => {
    const last = memory.at(-1);
    if (last && last.node === node && last.end === start - 1n) memory[memory.length - 1] = { ...last, end };
    else memory.push({ start, end, node });
  };
  for (const { start, end } of ram) {
    let from = start;
    for (const range of sorted) {
      if (range.end < from || range.start > end) continue;
      if (range.start > from) {
        uncovered += range.start - from;
        add(from, range.start - 1n, range.node);
        from = range.start;
      }
      const last = smaller(range.end, end);
      add(from, last, range.node);
      from = last + 1n;
    }
    if (from > end) continue;
    uncovered += end - from + 1n;
    add(from, end, memory.at(-1)?.node ?? 0);
  }
  return uncovered < MEBIBYTE ? memory : undefined;
}

/** memblock_mark_hotplug and numa_clear_kernel_node_hotplug: the kernel is loaded low, on the node of the lowest memory. */
function hotpluggable({ srat }: FirmwareTables, memory: readonly NodeRange[]): readonly NodeRange[] {
  const marked = srat
    .filter(entry => entry.hotplug)
    .map(({ start, end }) => ({ start: BigInt(start), end: BigInt(end) }));
  return memory
    .filter(({ node }) => node !== memory[0]!.node)
    .flatMap(({ node, ...range }) =>
      marked.flatMap(other => {
        const part = intersection(range, other);
        return part ? [{ ...part, node }] : [];
      }),
    );
}

function cpusByNode(
  tables: FirmwareTables,
  nodeOf: (domain: number) => number,
): ReadonlyMap<number, readonly number[]> {
  const cpus = new Map<number, number[]>();
  for (const { cpu, proximityDomain } of tables.cpus) {
    const node = nodeOf(proximityDomain);
    cpus.set(
      node,
      [...(cpus.get(node) ?? []), cpu].sort((a, b) => a - b),
    );
  }
  return cpus;
}

/** acpi_numa_slit_init; a table that slit_valid refuses is not used. */
function readSlit(
  slit: readonly (readonly number[])[],
  nodes: ReadonlyMap<number, number>,
): Numa['distance'] {
  const valid = slit.every((row, i) =>
    row.every((value, j) => (i === j ? value === LOCAL_DISTANCE : value > LOCAL_DISTANCE)),
  );
  const domains = new Map(Array.from(nodes, ([domain, node]) => [node, domain]));
  return (from, to) => {
    const stated = valid ? slit[domains.get(from) ?? -1]?.[domains.get(to) ?? -1] : undefined;
    return stated ?? (from === to ? LOCAL_DISTANCE : REMOTE_DISTANCE);
  };
}

/** meminfo_to_nid: the node of the first range that holds the address; -1 when none does. */
export function nodeAt(info: readonly NodeRange[], address: bigint): number {
  return info.find(({ start, end }) => start <= address && address <= end)?.node ?? -1;
}
