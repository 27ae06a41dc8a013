import type { MachineSpec } from '../schema.ts';

/** A two-socket server with high bandwidth memory in each package. */
export const hbm: MachineSpec = {
  kernel: '6.12.117',
  cmdline: 'ro quiet',
  auto_online: 'offline',
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
  kernel: '6.12.117',
  cmdline: 'ro quiet',
  auto_online: 'offline',
  nodes: [{ cpus: 16, ram: '64GiB', distances: [10, 24] }, { distances: [24, 10] }],
  soft_reserved: [{ start: 0x2080000000, size: '32GiB', node: 1 }],
  cxl_windows: [{ start: 0x4080000000, size: '128GiB' }],
};

/** NVDIMMs with labels: two on one node, one on the other. */
export const pmem: MachineSpec = {
  kernel: '6.12.117',
  cmdline: 'ro quiet',
  auto_online: 'offline',
  nodes: [
    { cpus: 2, ram: '4GiB', distances: [10, 20, 17, 28] },
    { cpus: 2, ram: '4GiB', distances: [20, 10, 28, 17] },
    { distances: [17, 28, 10, 28] },
    { distances: [28, 17, 28, 10] },
  ],
  pmem: [
    { size: '4GiB', node: 2, labels: '128KiB' },
    { size: '4GiB', node: 2, labels: '128KiB' },
    { size: '8GiB', node: 3, labels: '128KiB' },
  ],
};

/** Persistent memory as a bare range of the memory map, made by the command line. */
export const legacyPmem: MachineSpec = {
  kernel: '6.12.117',
  cmdline: 'ro quiet memmap=2G!4G',
  auto_online: 'offline',
  nodes: [{ cpus: 2, ram: '8GiB' }],
  modules: ['nd_e820', 'nd_pmem', 'dax_pmem', 'device_dax', 'kmem'],
};

/** 524,288 memory blocks, and a 1 TiB device to make 8,192 more. */
export const big: MachineSpec = {
  kernel: '6.12.117',
  cmdline: 'ro quiet',
  auto_online: 'offline',
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
