import { describe, expect, it } from 'vitest';
import { readFirmware } from '../../src/machine/firmware/read-firmware.ts';
import { formatMachine } from '../../src/machine/format-machine.ts';
import { parseMachine } from '../../src/machine/parse-machine.ts';
import { presetMachine, presets } from '../../src/machine/presets/index.ts';
import { machineSchema } from '../../src/machine/schema.ts';
import { recordedMachine } from './recordings.ts';

describe.each(Object.keys(presets))('preset %s', name => {
  it('is a valid machine file, and survives JSON', () => {
    expect(machineSchema.safeParse(presets[name]!.spec).success).toBe(true);
    const machine = presetMachine(name)!;
    expect(machine.name).toBe(name);
    expect(JSON.parse(JSON.stringify(machine))).toEqual(machine);
  });

  it('is printed as a file that gives the same machine', () => {
    expect(parseMachine(formatMachine(presets[name]!.spec), `${name}.yaml`)).toEqual(presetMachine(name));
  });

  it('has CPUs and memory online, and targets that are possible nodes', () => {
    const { nodes, softReserved, nfit } = readFirmware(presetMachine(name)!);
    expect(nodes.some(node => node.online && node.hasMemory && node.cpus.length > 0)).toBe(true);
    for (const { targetNode } of [...softReserved, ...nfit]) {
      expect([-1, ...nodes.map(node => node.id)]).toContain(targetNode);
    }
  });
});

describe('presets of recorded machines', () => {
  it.each([
    ['qemu-6.12', '6.12-02-driver-attrs'],
    ['qemu-6.12-unloaded', '6.12-01-load-order'],
    ['qemu-6.12-online', '6.12-fuzz-bo-1'],
    ['qemu-6.12-online-movable', '6.12-fuzz-bm-1'],
    ['qemu-6.12-auto-movable', '6.12-05d-auto-movable'],
    ['qemu-6.12-memmap-on-memory', '6.12-fuzz-e-1'],
    ['qemu-6.12-scattered', '6.12-fuzz-d-1'],
    ['qemu-6.12-no-node', '6.12-06-misaligned-nonode'],
    ['qemu-6.12-hmat', '6.12-11-hmat'],
    ['qemu-6.12-nvdimm', '6.12-09b-pmem-labelless'],
    ['qemu-6.1', '6.1-02-driver-attrs'],
    ['qemu-6.1-kmem', '6.1-05-kmem-blocks'],
    ['qemu-6.1-no-node', '6.1-06-misaligned-nonode'],
  ])('%s says what %s recorded', (preset, recording) => {
    const { name, cmdline, before, ...recorded } = recordedMachine(recording);
    const ours = presetMachine(preset)!;
    expect(name).toBe(recording);
    expect(ours.cmdline).toBe(cmdline.replace(/ nokaslr$/, ''));
    // The size of a DIMM is larger than its region there by the label area.
    const nvdimms = ours.firmware.nvdimms.map((dimm, i) => ({
      ...dimm,
      size: recorded.firmware.nvdimms[i]!.size,
    }));
    // There by busybox's modprobe, here by kmod's.
    expect(ours.before).toEqual(before.map(command => command.replace('--no-softdep ', '')));
    expect({ ...ours, firmware: { ...ours.firmware, nvdimms } }).toMatchObject(recorded);
  });

  it('idle regions and the NVDIMM beside a range have the firmware of their recordings', () => {
    for (const [preset, recording] of [
      ['qemu-6.12-idle', '6.12-04-region-attrs'],
      ['qemu-6.1-idle', '6.1-04-region-attrs'],
      ['qemu-6.12-nvdimm-hmem', '6.12-x-pmem-f'],
    ] as const) {
      const { memoryMap, srat, slit, cpus } = recordedMachine(recording).firmware;
      expect(presetMachine(preset)!.firmware).toMatchObject({ memoryMap, srat, slit, cpus });
    }
  });
});

describe('the default machine', () => {
  it('has 8 GiB on two nodes, and two soft reserved ranges on nodes that are offline', () => {
    const { memory, nodes, softReserved, blockSizeBytes } = readFirmware(presetMachine('default')!);
    const bytes = memory.reduce((sum, { start, end }) => sum + end - start + 1n, 0n);
    expect(Number(bytes >> 20n)).toBeGreaterThan(8190);
    expect(nodes.map(node => node.online)).toEqual([true, true, false, false]);
    expect(softReserved.map(({ start, end }) => [start % blockSizeBytes, end - start + 1n])).toEqual([
      [0n, 2n << 30n],
      [64n << 20n, 900n << 20n],
    ]);
  });
});

it('an unknown preset is no machine', () => {
  expect(presetMachine('toString')).toBeUndefined();
});
