import { NR_CPUS } from '../kernel/base/cpus.ts';
import { smaller } from '../kernel/lib/bigint.ts';
import { prefixedHex } from '../kernel/lib/format.ts';
import { overlap, rangeLength } from '../kernel/lib/range.ts';
import { isBefore, profileOf } from '../kernel/releases/history.ts';
import { OLDEST } from '../kernel/releases/oldest.ts';
import type {
  CpuEntry,
  HmatKind,
  HmatTable,
  MachineDescription,
  MachineError,
  MachineOptions,
  SratEntry,
} from './description.ts';
import { Layout, type Placed } from './layout.ts';
import { pcMemoryMap } from './pc-memory-map.ts';
import type { MachineSpec } from './schema.ts';
import { MIN_RAM } from './size.ts';

const DEFAULT_KERNEL = '6.12';
const DEFAULT_CLASS_MODEL_KERNEL = '5.10';
const MEBIBYTE = 1n << 20n;
const MIN_BLOCK = 128n * MEBIBYTE;
const MAX_BLOCK = 2048n * MEBIBYTE;
/** cxl_acpi_cfmws_verify: what windows begin at and consist of. */
const CXL_UNIT = 256n * MEBIBYTE;

/** Turns a machine file into firmware tables and a command line: the facts that a recorded machine consists of. */
export function fromSpec(spec: MachineSpec, name: string): MachineDescription | MachineError[] {
  const layout = new Layout(spec);
  const errors = layout.errors;
  const kernel = kernelRelease(spec, errors);
  const options = machineOptions(spec, layout);
  const cpus = cpuEntries(spec, errors);
  checkNodes(spec, layout, errors);
  for (const { start, end, path } of layout.of('cxl_windows')) {
    if (start % CXL_UNIT !== 0n || (end + 1n) % CXL_UNIT !== 0n)
      errors.push({ path, message: 'a window begins and ends at multiples of 256MiB' });
  }
  const description: MachineDescription = {
    name: spec.name ?? name,
    kernel,
    cmdline: commandLine(spec),
    firmware: {
      memoryMap: pcMemoryMap(layout),
      cpus,
      srat: sratEntries(spec, layout),
      slit: slit(spec, errors),
      hmat: hmatTable(spec, layout),
      nvdimms: layout.of('pmem').map(range => nvdimm(spec, layout, range)),
      cxlWindows: layout.of('cxl_windows').map(({ start, end, index }) => ({
        start: prefixedHex(start),
        end: prefixedHex(end),
        ways: spec.cxl_windows?.[index]?.ways ?? 1,
      })),
    },
    ...(spec.modules ? {} : { autoload: true }),
    before: [...(spec.modules ?? []).map(modprobe), ...(spec.before ?? [])],
    options,
  };
  return errors.length > 0 ? errors : description;
}

/** The class model picks a kernel that had it, unless one is named. */
function kernelRelease({ kernel, class_model }: MachineSpec, errors: MachineError[]): string {
  const compat = class_model === 'compat';
  const release = String(kernel ?? (compat ? DEFAULT_CLASS_MODEL_KERNEL : DEFAULT_KERNEL));
  if (compat && !profileOf(release).dax.classModel) {
    const message = `Linux ${release} has no class model: it went with 5.17`;
    errors.push({ path: 'class_model', message });
  }
  const oldest = OLDEST.name;
  if (isBefore(release, oldest)) {
    const message = `Linux ${release} is older than ${oldest}, the oldest that is simulated`;
    errors.push({ path: 'kernel', message });
  }
  return release;
}

function commandLine(spec: MachineSpec): string {
  const words = Object.entries(spec.parameters ?? {}).map(([name, value]) => {
    if (value === true) return name;
    const text = value === false ? 'N' : String(value);
    return /\s/.test(text) ? `${name}="${text}"` : `${name}=${text}`;
  });
  if (spec.auto_online) words.push(`memhp_default_state=${spec.auto_online}`);
  return [...(spec.cmdline ? [spec.cmdline] : []), ...words].join(' ');
}

function modprobe(module: NonNullable<MachineSpec['modules']>[number]): string {
  if (typeof module === 'string') return `modprobe ${module}`;
  const { name, ...parameters } = module;
  const words = Object.entries(parameters).map(
    ([key, value]) => ` ${key}=${typeof value === 'boolean' ? (value ? 'Y' : 'N') : value}`,
  );
  return `modprobe ${name}${words.join('')}`;
}

function cpuEntries({ nodes }: MachineSpec, errors: MachineError[]): readonly CpuEntry[] {
  const entries: CpuEntry[] = [];
  for (const [proximityDomain, { cpus = 0 }] of nodes.entries()) {
    const next = Math.max(-1, ...entries.map(entry => entry.cpu)) + 1;
    const path = `nodes[${proximityDomain}].cpus`;
    const refuse = (message: string) => errors.push({ path, message });
    const parts = typeof cpus === 'string' ? parseList(cpus) : cpus > 0 ? [[next, next + cpus - 1]] : [];
    for (const [first = 0, last = first] of parts) {
      if (first > last) refuse(`no CPUs from ${first} to ${last}`);
      if (last >= NR_CPUS) refuse(`no CPU ${last}: a kernel knows ${NR_CPUS}, from 0 on`);
      for (let cpu = first; cpu <= Math.min(last, NR_CPUS - 1); cpu++) {
        if (entries.some(entry => entry.cpu === cpu)) refuse(`CPU ${cpu} is on two nodes`);
        entries.push({ cpu, proximityDomain });
      }
    }
  }
  if (entries.length === 0) errors.push({ path: 'nodes', message: 'no node has CPUs' });
  return entries;
}

/** First and last of each part; one number alone is both. */
function parseList(text: string): number[][] {
  return text.split(',').map(part => part.split('-').map(Number));
}

function checkNodes(spec: MachineSpec, layout: Layout, errors: MachineError[]): void {
  const count = spec.nodes.length;
  const named = [
    ...layout.placed.map(range => ({ path: `${range.path}.node`, node: range.node })),
    ...(spec.hmat ?? []).flatMap(({ initiator, target }, i) => [
      { path: `hmat[${i}].initiator`, node: initiator },
      { path: `hmat[${i}].target`, node: target },
    ]),
    ...spec.nodes.map(({ initiator }, i) => ({ path: `nodes[${i}].initiator`, node: initiator })),
  ];
  for (const { path, node } of named) {
    if (node !== undefined && node >= count)
      errors.push({ path, message: `no node ${node}: there are ${count}` });
  }
  const ram = layout.of('ram').reduce((bytes, range) => bytes + rangeLength(range), 0n);
  if (ram === 0n) errors.push({ path: 'nodes', message: 'no node has RAM' });
  else if (ram < MIN_RAM) errors.push({ path: 'nodes', message: 'less than 16MiB of RAM: no kernel boots' });
}

/** Memory by node and address, then persistent memory, then room for hot-added memory, as firmware lists it. */
function sratEntries(spec: MachineSpec, layout: Layout): readonly SratEntry[] {
  const entry = (start: bigint, end: bigint, proximityDomain: number): SratEntry => ({
    proximityDomain,
    start: prefixedHex(start),
    end: prefixedHex(end),
  });
  const ram = layout.of('ram');
  const inRam = (range: Placed): boolean =>
    ram.some(({ start, end }) => start <= range.start && range.end <= end);
  const ordinary = [
    ...ram.flatMap(aroundVideo),
    ...layout.of('soft_reserved').filter(range => !inRam(range)),
    ...layout.of('legacy_pmem'),
  ];
  const stated = ordinary.filter(range => range.node !== undefined);
  stated.sort((a, b) => a.node! - b.node! || (a.start < b.start ? -1 : 1));
  const hotplug = spec.nodes.flatMap(({ hotplug = [] }, node) =>
    hotplug.map(({ start, size }, index) => {
      const path = `nodes[${node}].hotplug[${index}]`;
      const range = layout.range({ start, size }, path);
      const other = layout.of('ram').find(ram => ram.node !== node && overlap(ram, range));
      if (other) layout.errors.push({ path, message: `overlaps ${other.path} of node ${other.node}` });
      return { ...entry(range.start, range.end, node), hotplug: true };
    }),
  );
  return [
    ...stated.map(({ start, end, node }) => entry(start, end, node!)),
    ...layout.of('pmem').map(({ start, end, node }) => ({ ...entry(start, end, node!), nonVolatile: true })),
    ...hotplug,
  ];
}

/** Firmware leaves video memory and ROM out of the first node's range. */
function aroundVideo(range: Placed): readonly Placed[] {
  if (range.start > 0n || range.end < MEBIBYTE) return [range];
  return [
    { ...range, end: 0x9ffffn },
    { ...range, start: MEBIBYTE },
  ];
}

function slit({ nodes }: MachineSpec, errors: MachineError[]): readonly (readonly number[])[] {
  if (nodes.every(node => node.distances === undefined)) return [];
  return nodes.map(({ distances }, from) => {
    const path = `nodes[${from}].distances`;
    if (distances && distances.length !== nodes.length) {
      errors.push({ path, message: `${distances.length} distances for ${nodes.length} nodes` });
    } else if (distances?.some((value, to) => (value === 10) !== (from === to))) {
      errors.push({ path, message: 'the distance is 10 to the node itself, and more to all others' });
    }
    return distances ?? nodes.map((other, to) => other.distances?.[from] ?? (from === to ? 10 : 20));
  });
}

const HMAT_KEYS: readonly (readonly [key: string, kind: HmatKind])[] = [
  ['latency', 'access-latency'],
  ['read_latency', 'read-latency'],
  ['write_latency', 'write-latency'],
  ['bandwidth', 'access-bandwidth'],
  ['read_bandwidth', 'read-bandwidth'],
  ['write_bandwidth', 'write-bandwidth'],
];

function hmatTable({ hmat, nodes }: MachineSpec, layout: Layout): HmatTable | undefined {
  if (!hmat) return undefined;
  const localities = hmat.flatMap((entry, index) =>
    HMAT_KEYS.flatMap(([key, kind]) => {
      const value = (entry as Readonly<Record<string, number | string | undefined>>)[key];
      if (value === undefined) return [];
      const { initiator, target } = entry;
      const number =
        typeof value === 'number' ? value : Number(layout.size(value, `hmat[${index}].${key}`) / MEBIBYTE);
      return [{ initiator, target, kind, value: number }];
    }),
  );
  const attached = nodes.flatMap(({ initiator }, node) =>
    initiator === undefined ? [] : [[node, initiator] as const],
  );
  return { initiators: Object.fromEntries(attached), localities };
}

function nvdimm(spec: MachineSpec, layout: Layout, range: Placed) {
  const { start, end, node, index, path } = range;
  const size = rangeLength(range);
  const { labels = 0, labels_initialized = false } = spec.pmem?.[index] ?? {};
  const labelSize = Number(smaller(layout.size(labels, `${path}.labels`), size));
  if (labels_initialized && labelSize === 0)
    layout.errors.push({
      path: `${path}.labels_initialized`,
      message: 'there are no labels: give their size',
    });
  return {
    start: prefixedHex(start),
    end: prefixedHex(end),
    proximityDomain: node ?? 0,
    size: Number(size),
    labelSize,
    ...(labels_initialized ? { labelsInitialized: true } : {}),
  };
}

function machineOptions(spec: MachineSpec, layout: Layout): MachineOptions {
  const block = spec.block_size === undefined ? undefined : layout.size(spec.block_size, 'block_size');
  if (block !== undefined && (block < MIN_BLOCK || block > MAX_BLOCK || (block & (block - 1n)) !== 0n)) {
    layout.errors.push({ path: 'block_size', message: 'a power of two from 128MiB to 2GiB' });
  }
  const poison = spec.poison?.map(({ start, size }, index) => {
    const { start: first, end: last } = layout.range({ start, size }, `poison[${index}]`);
    return { start: prefixedHex(first), end: prefixedHex(last) };
  });
  return {
    memoryBlockSize: block === undefined ? undefined : Number(block),
    physicalAddressBits: spec.physical_address_bits,
    bareMetal: spec.bare_metal,
    devNodes: spec.dev_nodes,
    poison,
    classModel: spec.class_model,
    nvdimm: spec.nvdimm && nvdimmFeatures(spec.nvdimm),
  };
}

function nvdimmFeatures({
  address_range_scrub,
  security,
  poison_policy,
}: NonNullable<MachineSpec['nvdimm']>): NonNullable<MachineOptions['nvdimm']> {
  return {
    addressRangeScrub: address_range_scrub,
    security: security && {
      state: security.state,
      frozen: security.frozen ?? false,
      keys: security.keys ?? [],
    },
    poisonPolicy: poison_policy && { repMovRecoverable: poison_policy.rep_mov_recoverable },
  };
}
