import type { MachineSpec } from '../schema.ts';

/** Two sockets of 4 GiB, and two soft reserved ranges, each a node of its own. */
export const defaultMachine: MachineSpec = {
  kernel: '6.12.117',
  cmdline: 'ro quiet',
  auto_online: 'offline',
  nodes: [
    { cpus: 2, ram: '4GiB', distances: [10, 20, 17, 28] },
    { cpus: 2, ram: '4GiB', distances: [20, 10, 28, 17] },
    { distances: [17, 28, 10, 28] },
    { distances: [28, 17, 28, 10] },
  ],
  soft_reserved: [
    { start: 0x280000000, size: '2GiB', node: 2 },
    // Off the memory block boundaries at both ends.
    { start: 0x304000000, size: '900MiB', node: 3 },
  ],
};
