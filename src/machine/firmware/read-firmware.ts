import type { SoftReserved } from '../../kernel/dax/hmem/hmem.ts';
import type { Range } from '../../kernel/lib/range.ts';
import type { NodeRange } from '../../kernel/mm/hotplug/memory-facts.ts';
import type { NfitRange } from '../../kernel/nvdimm/nvdimm.ts';
import { profileOf } from '../../kernel/releases/history.ts';
import { lastValue, parseCommandLine } from '../cmdline.ts';
import type { FirmwareTables, MachineDescription } from '../description.ts';
import { advisedBlockSize, bootBlocks, probeMemoryBlockSize } from './blocks.ts';
import { buildMemoryMap } from './e820.ts';
import type { E820Entry, FirmwareFacts, NodeFacts } from './facts.ts';
import { readHmat } from './hmat.ts';
import { memoryMapChanges } from './memmap.ts';
import { movableOptions, movableStarts } from './movable-zone.ts';
import { initNuma, type Numa, nodeAt } from './numa.ts';
import { bootZones, highestZoneStart, pageRange } from './zones.ts';

const DEFAULT_ADDRESS_BITS = 46;

/** What the kernel of `description` knows when early boot is over: firmware tables read under its command line. */
export function readFirmware(description: MachineDescription): FirmwareFacts {
  const { cmdline, options } = description;
  const parameters = parseCommandLine(cmdline);
  const numaSetup = parameters.filter(({ name }) => name === 'numa').map(({ value = '' }) => value);
  const says = (word: string): boolean => numaSetup.some(value => value.startsWith(word));
  const ignoresHmat = says('noacpi') || says('nohmat');
  const firmware = ignoresHmat ? { ...description.firmware, hmat: undefined } : description.firmware;
  const softReserve = !(lastValue(parameters, 'efi') ?? '').split(',').includes('nosoftreserve');
  const { efiFakeMem, blockSizeAdvice } = profileOf(description.kernel).firmware;
  const changes = memoryMapChanges(parameters, { efiFakeMem: efiFakeMem && softReserve });
  const e820 = buildMemoryMap(firmware.memoryMap, changes, softReserve);
  const allCpus = initNuma(firmware, e820, says('off') || says('noacpi'));
  const numa = { ...allCpus, cpus: limitCpus(allCpus.cpus, lastValue(parameters, 'nr_cpus')) };
  const pages = numa.memory.map(pageRange);
  const maxPfn = pages.at(-1)?.past ?? 0;
  const nodes = nodeFacts(numa);
  const movable = movableStarts(
    pages,
    numa.hotpluggable.map(pageRange),
    highestZoneStart(pages),
    movableOptions(parameters),
  );
  const use = {
    cpusOf: (node: number) => numa.cpus.get(node)?.length ?? 0,
    memorylessNodes: nodes.filter(node => !node.hasMemory).length,
  };
  const zones = bootZones(pages, use, movable);
  const cxlWindows = firmware.cxlWindows.map(({ start, end, ways = 1 }) => ({
    start: BigInt(start),
    end: BigInt(end),
    ways,
  }));
  const blockSizeBytes = options.memoryBlockSize
    ? BigInt(options.memoryBlockSize)
    : probeMemoryBlockSize(
        maxPfn,
        options.bareMetal ?? false,
        blockSizeAdvice ? advisedBlockSize(cxlWindows) : undefined,
      );
  const sratRanges = [...numa.memoryInfo, ...numa.reservedInfo];
  const targetNodeOf = (address: bigint): number => nodeAt(sratRanges, address);
  const softReserved = ofType(e820, 'soft reserved').map(range =>
    withTarget(range, targetNodeOf(range.start)),
  );
  const dramNodes = nodes.filter(node => node.hasMemory && node.cpus.length > 0).map(node => node.id);
  return {
    e820,
    maxPhysicalAddress: (1n << BigInt(options.physicalAddressBits ?? DEFAULT_ADDRESS_BITS)) - 1n,
    nodes,
    distance: numa.distance,
    memory: numa.memory,
    zones,
    blockSizeBytes,
    memoryBlocks: bootBlocks(pages, zones, blockSizeBytes),
    softReserved,
    hmemRanges: hmemRanges(firmware, numa, softReserved),
    legacyPmem: ofType(e820, 'persistent (type 12)').map(range => ({
      ...range,
      node: targetNodeOf(range.start),
    })),
    nfit: firmware.nvdimms.map(dimm => nfitRange(dimm, numa, targetNodeOf)),
    cxlWindows: cxlWindows.map(window => ({ ...window, targetNode: targetNodeOf(window.start) })),
    hmat: firmware.hmat ? readHmat(firmware, firmware.hmat, numa, dramNodes) : [],
  };
}

/** `nr_cpus=`: a positive number; the CPUs after so many are not there. */
function limitCpus(cpus: Numa['cpus'], limit: string | undefined): Numa['cpus'] {
  const count = Number.parseInt(limit ?? '', 10);
  if (!(count > 0)) return cpus;
  return new Map(Array.from(cpus, ([node, ids]) => [node, ids.filter(id => id < count)]));
}

function ofType(e820: readonly E820Entry[], type: E820Entry['type']): readonly Range[] {
  return e820.filter(entry => entry.type === type).map(({ start, end }) => ({ start, end }));
}

function withTarget({ start, end }: Range, targetNode: number): SoftReserved {
  return { start, end, targetNode };
}

function nodeFacts(numa: Numa): readonly NodeFacts[] {
  const withMemory = new Set(numa.memory.map(range => range.node));
  return Array.from(numa.nodeOfDomain, ([proximityDomain, id]) => {
    const cpus = numa.cpus.get(id) ?? [];
    const hasMemory = withMemory.has(id);
    return { id, proximityDomain, cpus, hasMemory, online: hasMemory || cpus.length > 0 };
  }).sort((a, b) => a.id - b.id);
}

/** The NFIT names a proximity domain; where the SRAT does not know it, the address decides. */
function nfitRange(
  dimm: FirmwareTables['nvdimms'][number],
  numa: Numa,
  targetNodeOf: (address: bigint) => number,
): NfitRange {
  const start = BigInt(dimm.start);
  return {
    start,
    end: BigInt(dimm.end),
    targetNode: numa.nodeOfDomain.get(dimm.proximityDomain) ?? targetNodeOf(start),
    dimms: [
      {
        sizeBytes: BigInt(dimm.size),
        labelBytes: BigInt(dimm.labelSize),
        labelsInitialized: dimm.labelsInitialized ?? false,
      },
    ],
  };
}

/** With an HMAT hmat_register_target comes before hmem_init: every SRAT memory range, whatever is in it (hmem looks later). */
function hmemRanges(
  firmware: FirmwareTables,
  numa: Numa,
  softReserved: readonly SoftReserved[],
): readonly SoftReserved[] {
  if (!firmware.hmat) return softReserved;
  const affinity = memoryAffinity(firmware, numa).map(range => withTarget(range, range.node));
  return [...affinity, ...softReserved];
}

function memoryAffinity(firmware: FirmwareTables, numa: Numa): readonly NodeRange[] {
  return firmware.srat.map(({ start, end, proximityDomain }) => ({
    start: BigInt(start),
    end: BigInt(end),
    node: numa.nodeOfDomain.get(proximityDomain) ?? -1,
  }));
}
