import { isErrors, type MachineDescription } from '../description.ts';
import { fromSpec } from '../from-spec.ts';
import type { MachineSpec } from '../schema.ts';
import * as qemu from './qemu.ts';
import { big, cxl, defaultMachine, hbm, legacyPmem, pmem } from './servers.ts';

export interface Preset {
  /** One line for a list of machines. */
  readonly summary: string;
  readonly spec: MachineSpec;
}

const { KERNEL_6_1, KERNEL_6_12 } = qemu;

const ONLINE = 'memhp_default_state=online';
const IDLE = [{ name: 'dax_hmem', region_idle: 1 }, 'device_dax', 'kmem'];
const KMEM_IDS = 'kmem takes the ranges by id';

/** kmem of kernels before 6.3 binds only what it is told to. */
function withKmemIds(spec: MachineSpec): MachineSpec {
  const echo = [0, 1].map(region => `echo dax${region}.0 > /sys/bus/dax/drivers/kmem/new_id`);
  const before = ['modprobe kmem', ...echo, 'modprobe dax_hmem', 'modprobe device_dax'];
  return { ...spec, modules: [], before };
}

/** Machines known by name. */
export const presets: Readonly<Record<string, Preset>> = {
  default: {
    summary: '2 nodes, 8 GiB RAM; soft reserved: 2 GiB and an unaligned 900 MiB',
    spec: defaultMachine,
  },
  hbm: { summary: '2 sockets, 512 GiB RAM, 64 GiB of HBM in each package, HMAT', spec: hbm },
  cxl: { summary: '64 GiB RAM, a 32 GiB memory expander, a free 128 GiB CXL window', spec: cxl },
  pmem: { summary: '2 nodes, 8 GiB RAM, three NVDIMMs with labels (4, 4 and 8 GiB)', spec: pmem },
  'legacy-pmem': { summary: '8 GiB RAM, 2 GiB of it persistent by memmap=2G!4G', spec: legacyPmem },
  big: { summary: '64 TiB RAM in 128 MiB blocks, 1 TiB soft reserved', spec: big },
  'qemu-6.12': {
    summary: 'Debian 6.12 in QEMU: soft reserved 2 GiB and an unaligned 900 MiB; blocks stay offline',
    spec: qemu.twoRanges(KERNEL_6_12),
  },
  'qemu-6.12-unloaded': {
    summary: 'as qemu-6.12, no module loaded',
    spec: qemu.twoRanges(KERNEL_6_12, '', []),
  },
  'qemu-6.12-online': {
    summary: 'as qemu-6.12, new blocks come online by themselves',
    spec: qemu.twoRanges(KERNEL_6_12, ONLINE),
  },
  'qemu-6.12-online-movable': {
    summary: 'as qemu-6.12, new blocks come online in zone Movable',
    spec: qemu.twoRanges(KERNEL_6_12, 'memhp_default_state=online_movable'),
  },
  'qemu-6.12-auto-movable': {
    summary: 'as qemu-6.12-online, by the auto-movable policy',
    spec: qemu.twoRanges(KERNEL_6_12, `${ONLINE} memory_hotplug.online_policy=auto-movable`),
  },
  'qemu-6.12-idle': {
    summary: 'as qemu-6.12, regions start out empty (region_idle=1)',
    spec: qemu.twoRanges(KERNEL_6_12, undefined, IDLE),
  },
  'qemu-6.12-memmap-on-memory': {
    summary: 'as qemu-6.12, new memory may hold its own page map',
    spec: qemu.twoRanges(KERNEL_6_12, 'memhp_default_state=offline memory_hotplug.memmap_on_memory=Y'),
  },
  'qemu-6.12-scattered': {
    summary: 'soft reserved ranges on a CPU node, beside RAM, and smaller than a block',
    spec: qemu.scatteredRanges(KERNEL_6_12),
  },
  'qemu-6.12-no-node': {
    summary: 'a soft reserved range that no firmware table gives a node to; no module loaded',
    spec: qemu.rangeWithoutNode(KERNEL_6_12),
  },
  'qemu-6.12-hmat': {
    summary: 'as qemu-6.12-unloaded, with an HMAT',
    spec: qemu.withHmat(KERNEL_6_12),
  },
  'qemu-6.12-nvdimm': { summary: 'one 1 GiB NVDIMM with labels', spec: qemu.nvdimm(KERNEL_6_12) },
  'qemu-6.12-nvdimm-hmem': {
    summary: 'a 1 GiB NVDIMM and an unaligned soft reserved range',
    spec: qemu.nvdimmAndRange(KERNEL_6_12),
  },
  'qemu-6.1': { summary: 'Debian 6.1 in QEMU: as qemu-6.12', spec: qemu.twoRanges(KERNEL_6_1) },
  'qemu-6.1-unloaded': { summary: 'as qemu-6.1, no module loaded', spec: qemu.twoRanges(KERNEL_6_1, '', []) },
  'qemu-6.1-kmem': { summary: `as qemu-6.1, ${KMEM_IDS}`, spec: withKmemIds(qemu.twoRanges(KERNEL_6_1)) },
  'qemu-6.1-online': {
    summary: 'as qemu-6.1-kmem, new blocks come online by themselves',
    spec: withKmemIds(qemu.twoRanges(KERNEL_6_1, ONLINE)),
  },
  'qemu-6.1-idle': {
    summary: 'as qemu-6.1, regions start out empty (region_idle=1)',
    spec: qemu.twoRanges(KERNEL_6_1, undefined, IDLE),
  },
  'qemu-6.1-no-node': {
    summary: 'a soft reserved range that no firmware table gives a node to; no module loaded',
    spec: qemu.rangeWithoutNode(KERNEL_6_1),
  },
  'qemu-6.1-nvdimm': { summary: 'one 1 GiB NVDIMM with labels', spec: qemu.nvdimm(KERNEL_6_1) },
  'qemu-6.1-nvdimm-hmem': {
    summary: 'a 1 GiB NVDIMM and an unaligned soft reserved range',
    spec: qemu.nvdimmAndRange(KERNEL_6_1),
  },
};

/** The machine of a preset; undefined when there is none of that name. Needs neither YAML nor a schema library. */
export function presetMachine(name: string): MachineDescription | undefined {
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (!preset) return undefined;
  const description = fromSpec(preset.spec, name);
  if (isErrors(description)) throw new Error(`preset ${name}: ${JSON.stringify(description)}`);
  return description;
}
