import { describe, expect, it } from 'vitest';
import { listRanges } from '../../../src/kernel/lib/format.ts';
import { profileOf } from '../../../src/kernel/releases/history.ts';
import { formatIomem } from '../../../src/kernel/resource/iomem-format.ts';
import type { MachineDescription } from '../../../src/machine/description.ts';
import type { FirmwareFacts } from '../../../src/machine/firmware/facts.ts';
import { bootResources } from '../../../src/machine/firmware/iomem.ts';
import { readFirmware } from '../../../src/machine/firmware/read-firmware.ts';
import { parseMachine } from '../../../src/machine/parse-machine.ts';
import { presetMachine } from '../../../src/machine/presets/index.ts';
import { readRecording, recordedMachine, recordings } from '../recordings.ts';

const NODES = '/sys/devices/system/node';
const BLOCKS = '/sys/devices/system/memory';
/** Of the recordings with memory that went online before the first step. */
const PAGES_PER_BLOCK = 32768;
/** The board's devices, the kernel image, and what modules claimed after boot. */
const NOT_FIRMWARE =
  /: (PCI|Video ROM|System ROM|Kernel|IOAPIC|HPET|PNP|pnp|virtio|0000:|Local APIC|hmem\.|dax|namespace|Persistent Memory$|System RAM \(kmem\))/;

class Dump {
  readonly #text: string;

  constructor(recording: string) {
    this.#text = readRecording(recording, 'dump.before.txt');
  }

  /** An attribute without its newline. */
  file(path: string): string | undefined {
    return new RegExp(` ${path} = "(.*)\\\\n"$`, 'm').exec(this.#text)?.[1];
  }

  /** The file is sorted, and indented by where a line stood. */
  iomem(): string[] {
    return Array.from(this.#text.matchAll(/^\/proc\/iomem: \|\s*(.*)$/gm), match => match[1]!)
      .filter(line => !NOT_FIRMWARE.test(line))
      .sort();
  }

  zones(): Map<string, string> {
    const lines = this.#text.matchAll(/^\/proc\/zoneinfo: (Node \d+, zone +\w+) (.*?) managed \d+ (.*)$/gm);
    return new Map(
      Array.from(lines, ([, zone, sizes, start]) => [zone!.replace(/ +/g, ' '), `${sizes} ${start}`]),
    );
  }

  managed(node: number, zone: string): number {
    const line = new RegExp(`^/proc/zoneinfo: Node ${node}, zone +${zone} .* managed (\\d+)`, 'm');
    return Number(line.exec(this.#text)?.[1]);
  }

  /** `nodeN,... zone` of each block. */
  blocks(): Map<number, string> {
    const zones = this.#text.matchAll(/\/memory(\d+)\/valid_zones = "(.*)\\n"/g);
    return new Map(
      Array.from(zones, ([, id, zone]) => {
        const links = this.#text.matchAll(new RegExp(` ${BLOCKS}/memory${id}/(node\\d+) ->`, 'g'));
        return [Number(id), `${Array.from(links, link => link[1]).join()} ${zone}`];
      }),
    );
  }
}

function bootBlocks(facts: FirmwareFacts): Map<number, string> {
  const blocks = new Map<number, string>();
  for (const { first, last, nodes, zone } of facts.memoryBlocks) {
    for (let id = first; id <= last; id++) {
      blocks.set(id, `${nodes.map(node => `node${node}`).join()} ${zone ?? 'none'}`);
    }
  }
  return blocks;
}

/** Whether a driver may have added the block after boot. */
function isHotAdded(facts: FirmwareFacts, id: number): boolean {
  const start = BigInt(id) * facts.blockSizeBytes;
  return [...facts.softReserved, ...facts.nfit].some(range => range.start <= start && start <= range.end);
}

describe.each(recordings)('%s', name => {
  const machine = recordedMachine(name);
  const facts = readFirmware(machine);
  const dump = new Dump(name);
  const recordedBlocks = dump.blocks();
  const hotAdded = [...recordedBlocks.keys()].filter(
    id => isHotAdded(facts, id) && !bootBlocks(facts).has(id),
  );

  it('has the iomem tree of the recording', () => {
    const { softReservedApart } = profileOf(machine.kernel).dax;
    const lines = formatIomem(bootResources(facts, softReservedApart).iomem, true).trimEnd().split('\n');
    expect(lines.map(line => line.trim()).sort()).toEqual(dump.iomem());
  });

  it('has the memory blocks of the recording, with their nodes and zones', () => {
    const atBoot = [...recordedBlocks].filter(([id]) => !hotAdded.includes(id));
    const { zoneOfHoles } = profileOf(machine.kernel).hotplug;
    const told = [...bootBlocks(facts)].map(([id, block]): [number, string] => {
      // Before 5.18 a block with a hole had a zone, and did not tell it.
      const silent = !zoneOfHoles && recordedBlocks.get(id)?.endsWith(' none');
      return [id, silent ? block.replace(/ \S+$/, ' none') : block];
    });
    expect(told.sort()).toEqual(atBoot.sort());
    expect(facts.blockSizeBytes.toString(16)).toBe(dump.file(`${BLOCKS}/block_size_bytes`));
  });

  it('has the zones of the recording, less what was onlined later', () => {
    const zones = dump.zones();
    for (const { node, name: zone, spannedPages, presentPages, startPfn } of facts.zones) {
      const onlined = hotAdded.filter(id => recordedBlocks.get(id) === `node${node} ${zone}`);
      const present = presentPages + onlined.length * PAGES_PER_BLOCK;
      const start = Math.min(startPfn, ...onlined.map(id => id * PAGES_PER_BLOCK));
      const end = Math.max(startPfn + spannedPages, ...onlined.map(id => (id + 1) * PAGES_PER_BLOCK));
      expect(zones.get(`Node ${node}, zone ${zone}`)).toBe(
        `spanned ${end - start} present ${present} start_pfn ${start}`,
      );
    }
  });

  // The kernels have other images; memory that was onlined later keeps its page map on boot nodes.
  if (name.startsWith('6.12') && hotAdded.length === 0) {
    it('estimates managed pages to a few', () => {
      const off = facts.zones.map(({ node, name: zone, managedPages }) =>
        Math.abs(managedPages - dump.managed(node, zone)),
      );
      expect(Math.max(...off)).toBeLessThan(8);
    });
  }

  it('has the nodes of the recording', () => {
    const ids = (accept: (node: FirmwareFacts['nodes'][number]) => boolean): string =>
      listRanges(facts.nodes.filter(accept).map(node => node.id));
    expect(ids(() => true)).toBe(dump.file(`${NODES}/possible`));
    expect(ids(node => node.cpus.length > 0)).toBe(dump.file(`${NODES}/has_cpu`));
    for (const { id, cpus } of facts.nodes.filter(node => node.online)) {
      expect(listRanges(cpus)).toBe(dump.file(`${NODES}/node${id}/cpulist`));
    }
    const shown = facts.nodes.filter(({ id }) => dump.file(`${NODES}/node${id}/distance`) !== undefined);
    if (hotAdded.length === 0) expect(shown).toEqual(facts.nodes.filter(node => node.online));
    for (const { id } of shown) {
      const distances = shown.map(other => facts.distance(id, other.id)).join(' ');
      expect(distances).toBe(dump.file(`${NODES}/node${id}/distance`));
    }
  });

  it('gives memory devices the target nodes of the recording', () => {
    const nfit = dump.file('/sys/devices/LNXSYSTM:00/LNXSYBUS:00/ACPI0012:00/ndbus0/region\\d/target_node');
    if (nfit !== undefined) expect(String(facts.nfit[0]?.targetNode)).toBe(nfit);
    const first = dump.file('/sys/devices/platform/hmem.\\d/dax\\d.0/target_node');
    if (first !== undefined) expect(String(facts.softReserved[0]?.targetNode)).toBe(first);
  });
});

describe('HMAT', () => {
  it('makes access classes and tier distances as recorded', () => {
    const { hmat, hmemRanges } = readFirmware(recordedMachine('6.12-11-hmat'));
    const coordinate = (latency: number, bandwidth: number) => ({
      readLatency: latency,
      writeLatency: latency,
      readBandwidth: bandwidth,
      writeBandwidth: bandwidth,
    });
    const target = (
      node: number,
      initiator: number,
      latency: number,
      bandwidth: number,
      distance: number,
    ) => {
      const access = { initiators: [initiator], coordinate: coordinate(latency, bandwidth) };
      return { node, access: [access, access], abstractDistance: distance };
    };
    // node*/access*/initiators of the recording; tier 4 holds nodes 0 and 1, tier 90 nodes 2 and 3.
    expect(hmat).toEqual([
      target(0, 0, 10, 204800, 576),
      target(1, 1, 10, 204800, 576),
      target(2, 0, 50, 51200, 90 * 128),
      target(3, 1, 50, 51200, 90 * 128),
    ]);
    expect(hmemRanges.filter(range => range.targetNode >= 2).slice(0, 2)).toEqual([
      { start: 0x180000000n, end: 0x1ffffffffn, targetNode: 2 },
      { start: 0x200000000n, end: 0x27fffffffn, targetNode: 3 },
    ]);
  });

  it('takes the best initiators where the table attaches none, and none without CPUs for access1', () => {
    const base = presetMachine('default')!;
    const value = (initiator: number, latency: number) => [
      { initiator, target: 2, kind: 'access-latency' as const, value: latency },
      { initiator, target: 2, kind: 'access-bandwidth' as const, value: 1000 },
    ];
    const localities = [...value(0, 30), ...value(1, 30), ...value(3, 20)];
    const firmware = { ...base.firmware, hmat: { initiators: {}, localities } };
    const { hmat } = readFirmware({ ...base, firmware });
    const initiators = (target: number) =>
      hmat.find(({ node }) => node === target)?.access.map(access => access.initiators);
    expect(initiators(2)).toEqual([[3], [0, 1]]);
    // A target of which the table says nothing: nobody is better than anybody.
    expect(initiators(1)).toEqual([
      [0, 1, 3],
      [0, 1],
    ]);
    expect(hmat.map(({ abstractDistance }) => abstractDistance)).toEqual(Array(4).fill(undefined));
  });

  it('tells of every domain with memory in the SRAT, and of no CXL window', () => {
    const base = presetMachine('cxl')!;
    const hmat = { initiators: {}, localities: [] };
    const nodes = readFirmware({ ...base, firmware: { ...base.firmware, hmat } }).hmat;
    const nothing = { readBandwidth: 0, writeBandwidth: 0, readLatency: 0, writeLatency: 0 };
    expect(nodes.map(({ node }) => node)).toEqual([0, 1]);
    expect(nodes[1]?.access[0]).toEqual({ initiators: [], coordinate: nothing });
  });
});

describe('legacy persistent memory', () => {
  it('is on the node that the machine file says', () => {
    const parsed = parseMachine(
      'nodes: [{ cpus: 1, ram: 4GiB }, {}]\nlegacy_pmem: [{ size: 1GiB, node: 1 }, { size: 1GiB }]',
      'lab.yaml',
    ) as MachineDescription;
    expect(readFirmware(parsed).legacyPmem.map(({ node }) => node)).toEqual([1, -1]);
  });
});

describe('the memory map', () => {
  const base = presetMachine('default')!;
  const facts = (cmdline: string) => readFirmware({ ...base, cmdline });
  const high = (cmdline: string): string[] =>
    formatIomem(bootResources(facts(cmdline), false).iomem, true)
      .split('\n')
      .filter(line => /^[1-3][0-9a-f]{8}-/.test(line));

  it('keeps neighbouring soft reserved ranges apart', () => {
    expect(high('memmap=1G%0x180000000-1+0xefffffff memmap=1G%0x1c0000000-1+0xefffffff').slice(0, 4)).toEqual(
      [
        '100000000-17fffffff : System RAM',
        '180000000-1bfffffff : Soft Reserved',
        '1c0000000-1ffffffff : Soft Reserved',
        '200000000-27fffffff : System RAM',
      ],
    );
  });

  it('gives soft reserved memory to the page allocator with efi=nosoftreserve', () => {
    expect(high('efi=nosoftreserve')).toEqual([
      '100000000-2ffffffff : System RAM',
      '304000000-33c3fffff : System RAM',
      '33c400000-33fffffff : RAM buffer',
    ]);
    expect(facts('efi=debug,nosoftreserve').nodes.map(node => node.online)).toEqual([true, true, true, true]);
  });

  it('ends at mem=, with what is cut off unclaimed', () => {
    expect(high('mem=6G')[0]).toBe('100000000-17fffffff : System RAM');
  });

  it('marks legacy persistent memory with !', () => {
    expect(high('memmap=1G!0x180000000')[1]).toBe('180000000-1bfffffff : Persistent Memory (legacy)');
    expect(facts('memmap=1G!0x180000000').legacyPmem).toEqual([
      { start: 0x180000000n, end: 0x1bfffffffn, node: 1 },
    ]);
  });
});

describe('NUMA', () => {
  const base = presetMachine('default')!;

  it('is one node with numa=off, without an SRAT, and with one that leaves RAM out', () => {
    const off = readFirmware({ ...base, cmdline: 'numa=off' });
    const none = readFirmware({ ...base, firmware: { ...base.firmware, srat: [] } });
    const partial = readFirmware({
      ...base,
      firmware: { ...base.firmware, srat: base.firmware.srat.slice(0, 2) },
    });
    const noacpi = readFirmware({ ...base, cmdline: 'numa=noacpi' });
    for (const facts of [off, none, partial, noacpi]) {
      expect(facts.nodes).toEqual([
        { id: 0, proximityDomain: 0, cpus: [0, 1, 2, 3], hasMemory: true, online: true },
      ]);
      expect(facts.softReserved.map(range => range.targetNode)).toEqual([-1, -1]);
    }
  });

  it('has no HMAT with numa=nohmat', () => {
    const hbm = presetMachine('hbm')!;
    expect(readFirmware(hbm).hmat).not.toEqual([]);
    const { hmat, nodes } = readFirmware({ ...hbm, cmdline: 'numa=nohmat' });
    expect([hmat, nodes.length]).toEqual([[], readFirmware(hbm).nodes.length]);
  });

  it('numbers nodes as the tables name their domains, CPUs first', () => {
    const firmware = {
      ...base.firmware,
      cpus: base.firmware.cpus.map(cpu => ({ ...cpu, proximityDomain: cpu.proximityDomain + 5 })),
      srat: base.firmware.srat.map(entry => ({ ...entry, proximityDomain: entry.proximityDomain ^ 5 })),
    };
    const { nodes } = readFirmware({ ...base, firmware });
    expect(nodes.map(({ id, proximityDomain }) => [id, proximityDomain])).toEqual([
      [0, 5],
      [1, 6],
      [2, 4],
      [3, 7],
    ]);
  });

  it('does not use a SLIT whose diagonal is not 10, and gives CXL windows nodes of their own', () => {
    const slit = base.firmware.slit.map(row => row.map(value => value + 1));
    const facts = readFirmware({ ...base, firmware: { ...base.firmware, slit } });
    expect([facts.distance(0, 0), facts.distance(0, 2)]).toEqual([10, 20]);
    const cxl = readFirmware(presetMachine('cxl')!);
    expect(cxl.cxlWindows.map(window => window.targetNode)).toEqual([2]);
    expect(cxl.nodes.at(-1)).toMatchObject({ id: 2, online: false });
  });
});

describe('nr_cpus=', () => {
  it('leaves the CPUs after so many out, and is ignored when it is no number', () => {
    const recorded = recordedMachine('6.12-fuzz-a-1');
    const cpus = (word: string) =>
      readFirmware({ ...recorded, cmdline: `${recorded.cmdline} ${word}` }).nodes.map(node => node.cpus);
    expect(cpus('nr_cpus=1')).toEqual([[0], [], [], []]);
    for (const word of ['nr_cpus=8', 'nr_cpus=0', 'nr_cpus=all'])
      expect(cpus(word)).toEqual([[0], [1], [], []]);
  });
});

describe('the memory block size', () => {
  const sizeOf = (changes: object, spec = 'hbm'): bigint => {
    const base = presetMachine(spec)!;
    return readFirmware({ ...base, options: { ...base.options, ...changes } }).blockSizeBytes;
  };

  it('is 128 MiB below 64 GiB, 2 GiB on bare metal, else what divides the end of RAM; an option overrides it', () => {
    expect(sizeOf({}, 'default')).toBe(128n << 20n);
    expect(sizeOf({ bareMetal: true })).toBe(2n << 30n);
    const base = presetMachine('hbm')!;
    expect(readFirmware({ ...base, cmdline: 'mem=66304M' }).blockSizeBytes).toBe(256n << 20n);
    expect(sizeOf({ memoryBlockSize: 512 << 20 })).toBe(512n << 20n);
  });

  it('describes half a million blocks as a handful of runs', () => {
    const { memoryBlocks } = readFirmware(presetMachine('big')!);
    expect(memoryBlocks.reduce((count, { first, last }) => count + last - first + 1, 0)).toBe(524288);
    expect(memoryBlocks.length).toBeLessThan(10);
  });
});
