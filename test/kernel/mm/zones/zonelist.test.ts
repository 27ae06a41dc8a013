import { describe, expect, it } from 'vitest';
import { BootedMemory, facts } from '../booted-memory.ts';

const orders = (log: string[]): string[] => log.filter(line => line.startsWith('Fallback'));

// Recorded on a machine with these distances.
const WITH_NODE_2 = [
  'Fallback order for Node 0: 0 2 1 3 ',
  'Fallback order for Node 1: 1 3 0 2 ',
  'Fallback order for Node 2: 2 0 3 1 ',
  'Fallback order for Node 3: 3 1 2 0 ',
];
const WITHOUT_NODE_2 = [
  'Fallback order for Node 0: 0 1 3 ',
  'Fallback order for Node 1: 1 3 0 ',
  'Fallback order for Node 2: 0 3 1 ',
  'Fallback order for Node 3: 3 1 0 ',
];

describe('fallback lists', () => {
  it('are told at boot', () => {
    expect(orders(new BootedMemory().log(() => {}))).toEqual([]);
    const machine = new BootedMemory();
    const boot = Array.from({ length: machine.core.printk.next }, (_, i) => machine.core.printk.at(i)!.text);
    expect(orders(boot)).toEqual(WITHOUT_NODE_2);
    expect(boot).toContain('Policy zone: Normal');
  });

  it('are made for a node that comes up, from the nodes that have memory', () => {
    const machine = new BootedMemory();
    const log = machine.log(() => machine.add(2, 48, 49));
    expect(orders(log)).toEqual(['Fallback order for Node 2: 0 3 1 ']);
    expect(log[1]).toMatch(/^Built 3 zonelists, mobility grouping on. {2}Total pages: \d+$/);
  });

  it('are rebuilt when a zone gets its first block or loses its last, and only then', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 51);
    expect(orders(machine.log(() => machine.state(48, 'online')))).toEqual(WITH_NODE_2);
    expect(orders(machine.log(() => machine.state(49, 'online')))).toEqual([]);
    expect(orders(machine.log(() => machine.state(50, 'online_movable')))).toEqual(WITH_NODE_2);
    expect(orders(machine.log(() => machine.state(49, 'offline')))).toEqual([]);
    expect(orders(machine.log(() => machine.state(48, 'offline')))).toEqual(WITH_NODE_2);
    expect(orders(machine.log(() => machine.state(50, 'offline')))).toEqual(WITHOUT_NODE_2);
  });

  it('tell the pages above the high marks as they were: a new zone has none yet, but an empty Movable zone did', () => {
    const machine = new BootedMemory();
    const total = (change: () => void) =>
      Number(/Total pages: (\d+)/.exec(machine.log(change).find(line => line.startsWith('Built'))!)?.[1]);
    const above = [...`${machine.read('proc/zoneinfo')}`.matchAll(/ high +(\d+)\n[^:]* managed +(\d+)/g)]
      .map(([, high, managed]) => Math.max(Number(managed) - Number(high), 0))
      .reduce((sum, pages) => sum + pages);
    const before = total(() => machine.add(2, 48, 51));
    expect(before).toBe(above);
    expect(total(() => machine.state(48, 'online_movable')) - before).toBe(32_768);
    expect(total(() => machine.state(48, 'offline'))).toBe(before);
    expect(total(() => machine.state(48, 'online_movable')) - before).toBe(32_768 - 32);
  });

  it('spread equally near nodes over those who fall back on them', () => {
    const equal = { ...facts, distance: (a: number, b: number) => (a === b ? 10 : 20) };
    const machine = new BootedMemory({ facts: equal });
    machine.add(2, 48, 48);
    // Recorded on a machine whose nodes are all 20 apart.
    expect(orders(machine.log(() => machine.state(48, 'online')))).toEqual([
      'Fallback order for Node 0: 0 2 3 1 ',
      'Fallback order for Node 1: 1 3 2 0 ',
      'Fallback order for Node 2: 2 3 0 1 ',
      'Fallback order for Node 3: 3 2 0 1 ',
    ]);
  });

  it('name the node itself first before 6.7, memory or not, and keep it one rebuild too long', () => {
    const machine = new BootedMemory({ kernel: '6.1.0' });
    expect(orders(machine.log(() => machine.add(2, 48, 48)))).toEqual([
      'Fallback order for Node 2: 2 0 3 1 ',
    ]);
    machine.state(48, 'online');
    expect(orders(machine.log(() => machine.state(48, 'offline')))).toEqual(WITH_NODE_2);
  });
});
