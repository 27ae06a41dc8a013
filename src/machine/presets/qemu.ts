import type { MachineSpec } from '../schema.ts';

/** QEMU q35 guests of 128 MiB blocks on Debian kernels: what the simulation is measured against. */

export const KERNEL_6_12 = '6.12.117';
export const KERNEL_6_1 = '6.1.0';

const CONSOLE = 'console=ttyS0 loglevel=4 panic=5 oops=panic';

/** Soft reserves a part of RAM, as the firmware would. */
const softReserve = (size: string, start: string): string => `memmap=${size}%${start}-1+0xefffffff`;

const DISTANCES = [
  [10, 20, 17, 28],
  [20, 10, 28, 17],
  [17, 28, 10, 28],
  [28, 17, 28, 10],
];

const FOUR_NODES: MachineSpec['nodes'] = [
  { cpus: 1, ram: '2GiB', distances: DISTANCES[0] },
  { cpus: 1, ram: '2GiB', distances: DISTANCES[1] },
  { ram: '2GiB', distances: DISTANCES[2] },
  { ram: '2GiB', distances: DISTANCES[3], hotplug: [{ start: 0x280000000, size: 0x900000000 }] },
];

const MODULES = ['dax_hmem', 'device_dax', 'kmem'];

function guest(kernel: string, parameters: string, modules: MachineSpec['modules'] = MODULES): MachineSpec {
  const cmdline = `${CONSOLE} ${parameters}`.trimEnd();
  return { kernel, cmdline, physical_address_bits: 52, nodes: FOUR_NODES, modules };
}

const TWO_RANGES = `${softReserve('2G', '0x180000000')} ${softReserve('900M', '0x244000000')}`;
const OFFLINE = 'memhp_default_state=offline';

/** 2 GiB on a node of its own and an unaligned 900 MiB on a node that also has RAM. */
export const twoRanges = (
  kernel: string,
  parameters = OFFLINE,
  modules?: MachineSpec['modules'],
): MachineSpec => guest(kernel, `${TWO_RANGES} ${parameters}`, modules);

/** A range on a CPU's node that starts inside a block, one beside boot RAM, and one smaller than a block. */
export const scatteredRanges = (kernel: string): MachineSpec =>
  guest(
    kernel,
    [
      softReserve('1G', '0x180000000'),
      softReserve('64M', '0x210000000'),
      softReserve('640M', '0x14c000000'),
      OFFLINE,
    ].join(' '),
  );

/** A range that no table gives a node to, and one smaller than a block. */
export const rangeWithoutNode = (kernel: string): MachineSpec =>
  guest(
    kernel,
    `${softReserve('64M', '0x210000000')} ${softReserve('900M', '0x244000000')} memmap=1G%0x2000000000+0xefffffff ${OFFLINE}`,
    [],
  );

/** As {@link twoRanges}, with performance data: the memory tiers follow it. */
export const withHmat = (kernel: string): MachineSpec => {
  const nodes = FOUR_NODES.map((node, id) => ({
    ...node,
    distances: FOUR_NODES.map((_, other) => (id === other ? 10 : 20)),
    initiator: id % 2,
  }));
  const latency = [
    [10, 20, 50, 90],
    [20, 10, 90, 50],
  ];
  const gibibytes = [
    [200, 100, 50, 40],
    [100, 200, 40, 50],
  ];
  const hmat = latency.flatMap((row, initiator) =>
    row.map((nanoseconds, target) => ({
      initiator,
      target,
      latency: nanoseconds,
      bandwidth: `${gibibytes[initiator]![target]}GiB`,
    })),
  );
  return { ...guest(kernel, TWO_RANGES, []), nodes, hmat };
};

/** One NVDIMM with labels on a node of its own. */
export const nvdimm = (kernel: string): MachineSpec => ({
  ...guest(kernel, OFFLINE, ['nfit']),
  nodes: [
    { cpus: 1, ram: '2GiB', distances: [10, 20, 17] },
    { cpus: 1, ram: '2GiB', distances: [20, 10, 28] },
    { distances: [17, 28, 10], hotplug: [{ start: 0x180000000, size: 0xa00000000 }] },
  ],
  pmem: [{ start: 0x180000000, size: '1GiB', node: 2, labels: '128KiB' }],
});

/** A soft reserved range and an NVDIMM whose domain the firmware names last. */
export const nvdimmAndRange = (kernel: string): MachineSpec => ({
  ...guest(kernel, `${softReserve('900M', '0x184000000')} ${OFFLINE}`, [
    'nfit',
    'nd_pmem',
    'dax_pmem',
    ...MODULES,
  ]),
  nodes: [
    { cpus: 1, ram: '2GiB', distances: DISTANCES[0] },
    { cpus: 1, ram: '2GiB', distances: DISTANCES[1] },
    { distances: DISTANCES[2] },
    { ram: '2GiB', distances: DISTANCES[3], hotplug: [{ start: 0x200000000, size: 0x980000000 }] },
  ],
  pmem: [{ start: 0x200000000, size: '1GiB', node: 2, labels: '128KiB' }],
});
