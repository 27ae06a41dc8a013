import { describe, expect, it } from 'vitest';
import type { Inode } from '../../../src/kernel/fs/file-system.ts';
import { BootedMemory } from './booted-memory.ts';

const NODES = 'sys/devices/system/node';
const TIERS = 'sys/devices/virtual/memory_tiering';
const HUGE_PAGES = 'sys/kernel/mm/hugepages/hugepages-2048kB';
const NODE_HUGE_PAGES = `${NODES}/node0/hugepages/hugepages-2048kB`;

const isReported = (file: string, inode: Inode): boolean => inode.cacheable || file.startsWith('proc/');

/** Reads the files, acts, and tells which of those that are reported read otherwise without having been. */
function staleAfter(machine: BootedMemory, files: readonly string[], act: () => void): string[] {
  const before = new Map(files.map(file => [file, { inode: machine.node(file), text: machine.read(file) }]));
  const reported = new Set<Inode>();
  const stop = machine.core.sys.tree.subscribe({
    entryChanged: () => {},
    inodeChanged: inode => reported.add(inode),
  });
  act();
  stop();
  return files.filter(file => {
    const { inode, text } = before.get(file)!;
    return isReported(file, inode!) && !reported.has(inode!) && machine.read(file) !== text;
  });
}

describe('files that a transport may keep', () => {
  const files = [
    ...['online', 'possible', 'has_memory', 'has_normal_memory'].map(name => `${NODES}/${name}`),
    ...['distance', 'cpulist', 'cpumap', 'meminfo', 'vmstat'].map(name => `${NODES}/node0/${name}`),
    `${TIERS}/memory_tier4/nodelist`,
    'sys/devices/system/memory/memory64/state',
    'sys/devices/system/memory/memory64/valid_zones',
    'sys/devices/system/memory/memory65/valid_zones',
    ...['nr_hugepages', 'nr_hugepages_mempolicy', 'free_hugepages'].map(name => `${HUGE_PAGES}/${name}`),
    ...['nr_hugepages', 'free_hugepages'].map(name => `${NODE_HUGE_PAGES}/${name}`),
    ...['total', 'failed', 'recovered'].map(name => `${NODES}/node0/memory_failure/${name}`),
    ...['meminfo', 'zoneinfo', 'buddyinfo'].map(name => `proc/${name}`),
  ];

  it('are reported when an operation changes what they show', () => {
    const machine = new BootedMemory();
    const steps = [
      () => machine.add(2, 48, 49),
      () => machine.state(48, 'online_movable'),
      () => machine.state(49, 'online_kernel'),
      () => machine.state(64, 'offline'),
      () => machine.state(64, 'online_movable'),
      () => machine.state(48, 'offline'),
      () => machine.state(49, 'offline'),
      () => machine.remove(48, 49),
    ];
    for (const step of steps) expect(staleAfter(machine, files, step)).toEqual([]);
    for (let block = 64; block < 72; block++)
      expect(staleAfter(machine, files, () => machine.state(block, 'offline'))).toEqual([]);
  });

  it('are reported when they count huge pages or failures, whichever file the change was made through', () => {
    const machine = new BootedMemory();
    const { hugePages, failures } = machine.memory;
    const acts = [
      () => machine.write(`${HUGE_PAGES}/nr_hugepages`, '16'),
      () => machine.write(`${NODE_HUGE_PAGES}/nr_hugepages`, '40'),
      () => hugePages.sizes[0]!.setCount(8, 0),
      () => failures.hardOffline(4096n),
    ];
    for (const act of acts) {
      const before = files.map(file => machine.read(file)).join();
      expect(staleAfter(machine, files, act)).toEqual([]);
      expect(files.map(file => machine.read(file)).join()).not.toBe(before);
    }
  });

  it('are not the zones of an offline block, which depend on all others', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 49);
    expect(machine.node('sys/devices/system/memory/memory48/valid_zones')).toHaveProperty('cacheable', false);
    expect(machine.node('sys/devices/system/memory/memory48/state')).toHaveProperty('cacheable', true);
  });

  it('are reported when page structures move into a node’s memory and out of it', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 48);
    machine.state(48, 'online_kernel');
    const counters = ['meminfo', 'vmstat'].map(name => `${NODES}/node2/${name}`);
    for (const act of [() => machine.add(2, 49, 49), () => machine.remove(49, 49)]) {
      const before = counters.map(file => machine.read(file)).join();
      expect(staleAfter(machine, counters, act)).toEqual([]);
      expect(counters.map(file => machine.read(file)).join()).not.toBe(before);
    }
  });
});
