import { describe, expect, it } from 'vitest';
import { BootedMemory, facts } from '../../mm/booted-memory.ts';

const NODES = 'sys/devices/system/node';
const mask = (machine: BootedMemory, name: string) => machine.read(`${NODES}/${name}`);

describe('node masks', () => {
  it('tell possible from online and memory for the kernel from memory', () => {
    const machine = new BootedMemory();
    expect(mask(machine, 'possible')).toBe('0-3\n');
    expect(mask(machine, 'online')).toBe('0-1,3\n');
    expect(mask(machine, 'has_cpu')).toBe('0-1\n');
    expect(mask(machine, 'has_generic_initiator')).toBe('\n');
    machine.add(2, 48, 49);
    expect([mask(machine, 'online'), mask(machine, 'has_memory')]).toEqual(['0-3\n', '0-1,3\n']);
    machine.state(48, 'online_movable');
    expect([mask(machine, 'has_memory'), mask(machine, 'has_normal_memory')]).toEqual(['0-3\n', '0-1,3\n']);
    machine.state(49, 'online_kernel');
    expect(mask(machine, 'has_normal_memory')).toBe('0-3\n');
    machine.state(49, 'offline');
    machine.state(48, 'offline');
    expect([mask(machine, 'has_memory'), mask(machine, 'has_normal_memory')]).toEqual(['0-1,3\n', '0-1,3\n']);
  });

  it('map an offline node to the nearest online one', () => {
    const { nodes } = new BootedMemory().memory;
    expect([-1, 0, 2, 3].map(node => nodes.nearestOnline(node))).toEqual([-1, 0, 0, 3]);
  });
});

describe('a node', () => {
  it('links its blocks both ways', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 49);
    const blocks = machine.list(`${NODES}/node2`).filter(name => /^memory\d/.test(name));
    expect(blocks.sort()).toEqual(['memory48', 'memory49']);
    expect(machine.read(`${NODES}/node2/memory49/node2/memory48/state`)).toBe('offline\n');
    machine.add(2, 50, 50);
    machine.remove(48, 49);
    expect(machine.list(`${NODES}/node2`).filter(name => /^memory\d/.test(name))).toEqual(['memory50']);
    expect(machine.node(`${NODES}/node2/memory48`)).toBeUndefined();
  });

  it('lists the distances of the online nodes, a blank before all but node 0', () => {
    const machine = new BootedMemory();
    expect(machine.read(`${NODES}/node0/distance`)).toBe('10 20 28\n');
    machine.add(2, 48, 48);
    expect(machine.read(`${NODES}/node0/distance`)).toBe('10 20 17 28\n');
    const withoutNode0 = {
      ...facts,
      nodes: facts.nodes.slice(1),
      zones: facts.zones.slice(2),
      memoryBlocks: [],
    };
    expect(new BootedMemory({ facts: withoutNode0 }).read(`${NODES}/node1/distance`)).toBe(' 10 17\n');
  });

  it('shows its CPUs in files whose sizes depend on NR_CPUS', () => {
    const machine = new BootedMemory();
    expect([0, 1, 3].map(node => machine.read(`${NODES}/node${node}/cpulist`))).toEqual(['0\n', '1\n', '\n']);
    expect([0, 1, 3].map(node => machine.read(`${NODES}/node${node}/cpumap`))).toEqual(['1\n', '2\n', '0\n']);
    expect(machine.node(`${NODES}/node0/cpulist`)?.size).toBe(28672);
    expect(machine.node(`${NODES}/node0/cpumap`)?.size).toBe(4096);
    expect(machine.read(`${NODES}/node1/cpu1/node1/cpulist`)).toBe('1\n');
  });

  it('keep their CPUs, which answer as while CPU hotplug is disabled', () => {
    const machine = new BootedMemory();
    const online = 'sys/devices/system/cpu/cpu1/online';
    expect(['1', '0', '3'].map(text => machine.write(online, text))).toEqual(['OK', 'EBUSY', 'EINVAL']);
    expect(machine.read(online)).toBe('1\n');
  });

  it('counts the managed pages of its online blocks as MemTotal', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 49);
    const meminfo = () => `${machine.read(`${NODES}/node2/meminfo`)}`.split('\n');
    expect(meminfo()[0]).toBe('Node 2 MemTotal:              0 kB');
    machine.state(48, 'online');
    expect(meminfo().slice(0, 3)).toEqual([
      'Node 2 MemTotal:         131072 kB',
      'Node 2 MemFree:          131072 kB',
      'Node 2 MemUsed:               0 kB',
    ]);
    expect(meminfo().at(-2)).toBe('Node 2 HugePages_Surp:      0');
  });

  it('has memory_failure only on kernels that count failures', () => {
    expect(new BootedMemory().list(`${NODES}/node0`)).toContain('memory_failure');
    expect(new BootedMemory({ kernel: '6.1.0' }).list(`${NODES}/node0`)).not.toContain('memory_failure');
  });
});

describe('access classes', () => {
  const coordinate = { readBandwidth: 51200, writeBandwidth: 51200, readLatency: 50, writeLatency: 50 };
  const access = [
    { initiators: [0], coordinate },
    { initiators: [0, 1], coordinate },
  ];
  const hmat = [{ node: 2, abstractDistance: undefined, access }];

  it('appear with the first memory of a node and link initiators and targets', () => {
    const machine = new BootedMemory({ facts: { ...facts, hmat } });
    machine.add(2, 48, 48);
    expect(machine.node(`${NODES}/node2/access0`)).toBeUndefined();
    machine.state(48, 'online');
    expect(machine.read(`${NODES}/node2/access1/initiators/read_bandwidth`)).toBe('51200\n');
    expect(machine.node(`${NODES}/node2/access1/initiators/node1`)).toBeDefined();
    expect(machine.list(`${NODES}/node0/access0/targets`)).toEqual(['node2']);
    expect(machine.list(`${NODES}/node2/access0/targets`)).toEqual([]);
  });

  it('do not come back with a node that went', () => {
    const machine = new BootedMemory({ facts: { ...facts, hmat } });
    for (const state of ['online', 'offline']) {
      if (state === 'online') machine.add(2, 48, 48);
      machine.state(48, state);
    }
    machine.remove(48, 48);
    machine.add(2, 48, 48);
    machine.state(48, 'online');
    expect(machine.node(`${NODES}/node2/access0`)).toBeUndefined();
  });
});
