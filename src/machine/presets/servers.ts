import type { MachineSpec } from '../schema.ts';
import { KERNEL_6_12 } from './qemu.ts';

const SERVER = { kernel: KERNEL_6_12, cmdline: 'ro quiet', auto_online: 'offline' } as const;

/** Two sockets of 4 GiB, and two nodes with nothing at boot. */
const TWO_SOCKETS: MachineSpec['nodes'] = [
  { cpus: 2, ram: '4GiB', distances: [10, 20, 17, 28] },
  { cpus: 2, ram: '4GiB', distances: [20, 10, 28, 17] },
  { distances: [17, 28, 10, 28] },
  { distances: [28, 17, 28, 10] },
];

/** Two sockets of 4 GiB, and two soft reserved ranges, each a node of its own. */
export const defaultMachine: MachineSpec = {
  ...SERVER,
  nodes: TWO_SOCKETS,
  soft_reserved: [
    { start: 0x280000000, size: '2GiB', node: 2 },
    // Off the memory block boundaries at both ends.
    { start: 0x304000000, size: '900MiB', node: 3 },
  ],
};

/** A two-socket server with high bandwidth memory in each package. */
export const hbm: MachineSpec = {
  ...SERVER,
  nodes: [
    { cpus: 56, ram: '256GiB', distances: [10, 21, 13, 23] },
    { cpus: 56, ram: '256GiB', distances: [21, 10, 23, 13] },
    { distances: [13, 23, 10, 23], initiator: 0 },
    { distances: [23, 13, 23, 10], initiator: 1 },
  ],
  soft_reserved: [
    { size: '64GiB', node: 2 },
    { size: '64GiB', node: 3 },
  ],
  hmat: [
    { initiator: 0, target: 0, latency: 110, bandwidth: 256_000 },
    { initiator: 0, target: 1, latency: 190, bandwidth: 96_000 },
    { initiator: 0, target: 2, latency: 125, bandwidth: 820_000 },
    { initiator: 0, target: 3, latency: 205, bandwidth: 96_000 },
    { initiator: 1, target: 0, latency: 190, bandwidth: 96_000 },
    { initiator: 1, target: 1, latency: 110, bandwidth: 256_000 },
    { initiator: 1, target: 2, latency: 205, bandwidth: 96_000 },
    { initiator: 1, target: 3, latency: 125, bandwidth: 820_000 },
  ],
};

/** One socket, a memory expander that the BIOS has configured, and a free CXL window. */
export const cxl: MachineSpec = {
  ...SERVER,
  nodes: [{ cpus: 16, ram: '64GiB', distances: [10, 24] }, { distances: [24, 10] }],
  soft_reserved: [{ start: 0x2080000000, size: '32GiB', node: 1 }],
  cxl_windows: [{ start: 0x4080000000, size: '128GiB' }],
};

/** NVDIMMs with labels: two on one node, one on the other. */
export const pmem: MachineSpec = {
  ...SERVER,
  nodes: TWO_SOCKETS,
  pmem: [
    { size: '4GiB', node: 2, labels: '128KiB', labels_initialized: true },
    { size: '4GiB', node: 2, labels: '128KiB', labels_initialized: true },
    { size: '8GiB', node: 3, labels: '128KiB', labels_initialized: true },
  ],
};

/** Persistent memory as a bare range of the memory map, made by the command line. */
export const legacyPmem: MachineSpec = {
  ...SERVER,
  cmdline: 'ro quiet memmap=2G!4G',
  nodes: [{ cpus: 2, ram: '8GiB' }],
  modules: ['nd_e820', 'nd_pmem', 'dax_pmem', 'device_dax', 'kmem'],
};

/** 524,288 memory blocks, and a 1 TiB device to make 8,192 more. */
export const big: MachineSpec = {
  ...SERVER,
  block_size: '128MiB',
  physical_address_bits: 52,
  nodes: [
    { cpus: 64, ram: '16TiB' },
    { cpus: 64, ram: '16TiB' },
    { cpus: 64, ram: '16TiB' },
    { cpus: 64, ram: '16TiB' },
    {},
  ],
  soft_reserved: [{ size: '1TiB', node: 4 }],
};
