import { z } from 'zod';
import { NR_CPUS } from '../kernel/base/cpus.ts';
import { prefixedHex } from '../kernel/lib/format.ts';
import {
  type HmatTable,
  hmatKinds,
  type MachineDescription,
  type MachineError,
  type NvdimmEntry,
  type SratEntry,
} from './description.ts';
import { e820Types } from './firmware/e820.ts';
import { size } from './schema.ts';
import { MIN_RAM, sizeOf, unaddressable } from './size.ts';

const address = z.string().regex(/^0x[0-9a-fA-F]+$/, 'expected an address such as 0x180000000');
const range = { start: address, end: address };
/** Recorded as a number, or as the text of an option that made it. */
const count = z.union([
  z.number().int().nonnegative(),
  z.string().regex(/^\d+$/, 'expected a number').transform(Number),
]);
const node = count.pipe(z.number().max(1023));
const cpu = count.pipe(z.number().max(NR_CPUS - 1));

const locality = z.looseObject({
  initiator: node,
  target: node,
  hierarchy: z.string(),
  'data-type': z.enum(hmatKinds),
  latency: count.optional(),
  bandwidth: size.optional(),
});

/** A machine as it was recorded: firmware facts read from a booted kernel, its command line, and what was run on it. */
export const recordedSchema = z.looseObject({
  kernel: z.string().regex(/^\d+\.\d+/, 'expected a kernel release such as 6.12.117'),
  cmdline: z.string(),
  firmware: z.looseObject({
    memory_map: z.array(z.looseObject({ ...range, type: z.enum(e820Types) })).min(1),
    srat: z
      .array(
        z.looseObject({
          ...range,
          node,
          proximity_domain: node.optional(),
          hotplug: z.boolean().optional(),
          non_volatile: z.boolean().optional(),
        }),
      )
      .default([]),
    slit: z.array(z.array(z.number().int().min(0).max(255))).nullish(),
    cpus: z.array(z.looseObject({ cpu, node })).min(1),
    nvdimms: z
      .array(
        z.looseObject({
          backing_size: size,
          label_size: size.optional(),
          node,
        }),
      )
      .default([]),
    hmat: z
      .looseObject({
        latency_bandwidth: z.array(locality).default([]),
        initiators: z.record(z.string(), node).default({}),
      })
      .nullish(),
  }),
  before: z.array(z.string()).default([]),
});

type Recorded = z.infer<typeof recordedSchema>;
type RecordedSrat = Recorded['firmware']['srat'];

/** Turns a recorded machine into a description. The errors are those that a schema cannot see. */
export function fromRecorded(recorded: Recorded, name: string): MachineDescription | MachineError[] {
  const { firmware } = recorded;
  const errors = [
    ...rangeErrors(firmware.memory_map, 'firmware.memory_map'),
    ...rangeErrors(firmware.srat, 'firmware.srat'),
    ...cpuErrors(firmware.cpus),
  ];
  if (errors.length > 0) return errors;
  const usable = firmware.memory_map.filter(({ type }) => type === 'usable');
  if (usable.reduce((bytes, { start, end }) => bytes + BigInt(end) - BigInt(start) + 1n, 0n) < MIN_RAM)
    return [{ path: 'firmware.memory_map', message: 'less than 16MiB of usable memory: no kernel boots' }];
  const domainOf = proximityDomains(firmware);
  const persistent = firmware.srat.filter(entry => entry.non_volatile);
  if (persistent.length < firmware.nvdimms.length) {
    const message = `${firmware.nvdimms.length} DIMMs, but ${persistent.length} non-volatile SRAT entries to place them`;
    return [{ path: 'firmware.nvdimms', message }];
  }
  return {
    name,
    kernel: recorded.kernel,
    cmdline: recorded.cmdline,
    firmware: {
      memoryMap: firmware.memory_map.map(({ start, end, type }) => ({ start, end, type })),
      cpus: firmware.cpus.map(({ cpu, node }) => ({ cpu, proximityDomain: domainOf(node) })),
      srat: firmware.srat.map(entry => sratEntry(entry, entry.proximity_domain ?? domainOf(entry.node))),
      slit: firmware.slit ?? [],
      hmat: firmware.hmat ? readHmat(firmware.hmat) : undefined,
      nvdimms: firmware.nvdimms.map((dimm, index) => nvdimm(dimm, persistent[index]!)),
      cxlWindows: [],
    },
    before: recorded.before.map(command => command.replace(BUSYBOX_MODPROBE, '$&--no-softdep ')),
    options: { physicalAddressBits: 52 },
  };
}

/** The recordings were made with busybox's, which knows no soft dependencies. */
const BUSYBOX_MODPROBE = /^modprobe (?=[\w=. ]+$)/;

function rangeErrors(
  ranges: readonly { readonly start: string; readonly end: string }[],
  list: string,
): MachineError[] {
  return ranges.flatMap(({ start, end }, index) => {
    const message = BigInt(start) > BigInt(end) ? 'ends before it begins' : unaddressable(BigInt(end));
    return message ? [{ path: `${list}[${index}].end`, message }] : [];
  });
}

function cpuErrors(cpus: Recorded['firmware']['cpus']): MachineError[] {
  const seen = new Set<number>();
  return cpus.flatMap(({ cpu }, index) => {
    const twice = seen.has(cpu);
    seen.add(cpu);
    return twice ? [{ path: `firmware.cpus[${index}].cpu`, message: `CPU ${cpu} is there twice` }] : [];
  });
}

/**
 * Recordings name nodes by the kernel's numbers, but DIMMs and the rows of the SLIT and HMAT by proximity domain. The
 * two meet in the DIMMs, whose ranges are the non-volatile SRAT entries; what is left pairs up in ascending order.
 */
function proximityDomains(firmware: Recorded['firmware']): (node: number) => number {
  const domains = new Map<number, number>();
  const persistent = firmware.srat.filter(entry => entry.non_volatile);
  for (const [index, dimm] of firmware.nvdimms.entries()) {
    const entry = persistent[index];
    if (entry) domains.set(entry.node, dimm.node);
  }
  const nodes = new Set([...firmware.cpus, ...firmware.srat].map(entry => entry.node));
  const taken = new Set(domains.values());
  let domain = 0;
  for (const node of [...nodes].sort((a, b) => a - b)) {
    if (domains.has(node)) continue;
    while (taken.has(domain)) domain++;
    domains.set(node, domain++);
  }
  return node => domains.get(node) ?? node;
}

function sratEntry(entry: RecordedSrat[number], proximityDomain: number): SratEntry {
  const { start, end, hotplug, non_volatile } = entry;
  return {
    proximityDomain,
    start,
    end,
    ...(hotplug ? { hotplug } : {}),
    ...(non_volatile ? { nonVolatile: true } : {}),
  };
}

function nvdimm(
  dimm: Recorded['firmware']['nvdimms'][number],
  { start, end }: RecordedSrat[number],
): NvdimmEntry {
  return {
    start: prefixedHex(BigInt(start)),
    end: prefixedHex(BigInt(end)),
    proximityDomain: dimm.node,
    size: Number(sizeOf(dimm.backing_size) ?? 0n),
    labelSize: Number(sizeOf(dimm.label_size ?? 0) ?? 0n),
  };
}

function readHmat(hmat: NonNullable<Recorded['firmware']['hmat']>): HmatTable {
  return {
    initiators: hmat.initiators,
    localities: hmat.latency_bandwidth
      .filter(entry => entry.hierarchy === 'memory')
      .map(({ initiator, target, 'data-type': kind, latency, bandwidth }) => ({
        initiator,
        target,
        kind,
        value: kind.endsWith('latency') ? (latency ?? 0) : Number((sizeOf(bandwidth ?? 0) ?? 0n) >> 20n),
      })),
  };
}
