import { describe, expect, it } from 'vitest';
import { BootedMemory } from '../booted-memory.ts';

const GLOBAL = 'sys/kernel/mm/hugepages/hugepages-2048kB';
const NODE = 'sys/devices/system/node/node2/hugepages/hugepages-2048kB';

function withNode2(): BootedMemory {
  const machine = new BootedMemory();
  machine.add(2, 48, 49);
  machine.state(48, 'online');
  machine.state(49, 'online');
  return machine;
}

describe('huge pages', () => {
  it('are reserved on a node up to what it has', () => {
    const machine = withNode2();
    machine.write(`${NODE}/nr_hugepages`, '100');
    expect(machine.read(`${NODE}/free_hugepages`)).toBe('100\n');
    expect(machine.read('sys/devices/system/node/node2/meminfo')).toContain(
      'Node 2 HugePages_Total:   100\n',
    );
    machine.write(`${NODE}/nr_hugepages`, '1000');
    // The zone keeps its min mark free, and a page waits on a list of the CPU.
    expect(machine.read(`${NODE}/nr_hugepages`)).toBe('124\n');
    expect(machine.read(`${GLOBAL}/nr_hugepages`)).toBe('124\n');
  });

  it('leave the kernel what it has allocated, and are not taken for slab', () => {
    const machine = new BootedMemory();
    const meminfo = 'sys/devices/system/node/node1/meminfo';
    const slab = () => /Slab: .*/.exec(String(machine.read(meminfo)))?.[0];
    const before = slab();
    machine.write(`${NODE.replace('node2', 'node1')}/nr_hugepages`, '100000');
    expect(machine.read(meminfo)).toMatch(/MemFree: +\d+ kB/);
    expect(slab()).toBe(before);
  });

  it('are spread over the nodes with memory', () => {
    const machine = withNode2();
    machine.write(`${GLOBAL}/nr_hugepages`, '10');
    expect(machine.read(`${GLOBAL}/nr_hugepages`)).toBe('10\n');
    expect(machine.read(`${NODE}/nr_hugepages`)).toBe('2\n');
  });

  it('go round the nodes with memory, where the last ones stopped', () => {
    const machine = withNode2();
    const counts = () =>
      [0, 1, 2, 3].map(node => Number(machine.read(`${NODE.replace('node2', `node${node}`)}/nr_hugepages`)));
    machine.write(`${NODE}/nr_hugepages`, '1');
    machine.write(`${NODE}/nr_hugepages`, '0');
    for (const [wanted, expected] of [
      ['6', [1, 1, 2, 2]],
      ['7', [2, 1, 2, 2]],
      ['3', [1, 0, 1, 1]],
      ['0', [0, 0, 0, 0]],
    ] as const) {
      machine.write(`${GLOBAL}/nr_hugepages`, wanted);
      expect(counts()).toEqual(expected);
    }
  });

  it('dissolve when the block goes offline that they lie in: Movable ones fill first, in the order of going online', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 51);
    machine.state(48, 'online_kernel');
    machine.state(50, 'online_movable');
    machine.state(49, 'online_movable');
    machine.write(`${NODE}/nr_hugepages`, '70');
    machine.state(48, 'offline');
    expect(machine.read(`${NODE}/nr_hugepages`)).toBe('70\n');
    machine.state(50, 'offline');
    expect(machine.read(`${NODE}/nr_hugepages`)).toBe('6\n');
    machine.state(50, 'online_movable');
    machine.state(49, 'offline');
    expect(machine.read(`${NODE}/nr_hugepages`)).toBe('0\n');
  });

  it.each([
    ['6.12.0', '6\n'],
    ['6.1.0', '0\n'],
  ])('go in the order in which kernel %s has them in its list', (kernel, left) => {
    const machine = new BootedMemory({ kernel });
    machine.add(2, 48, 49);
    machine.state(48, 'online_movable');
    machine.state(49, 'online_movable');
    machine.write(`${NODE}/nr_hugepages`, '70');
    machine.write(`${NODE}/nr_hugepages`, '6');
    machine.state(48, 'offline');
    expect(machine.read(`${NODE}/nr_hugepages`)).toBe(left);
  });

  it('of 1 GiB need that much of a kernel zone in a row, aligned, and can be demoted there', () => {
    const machine = new BootedMemory();
    const large = NODE.replace('2048', '1048576');
    machine.add(2, 80, 103);
    for (let block = 80; block < 104; block++)
      if (block !== 87) machine.state(block, block < 96 ? 'online_kernel' : 'online_movable');
    machine.write(`${large}/nr_hugepages`, '3');
    expect(machine.read(`${large}/nr_hugepages`)).toBe('1\n');
    machine.state(80, 'offline');
    machine.write(`${large}/demote`, '1');
    expect(machine.read(`${large}/nr_hugepages`)).toBe('0\n');
    expect(machine.read(`${NODE}/nr_hugepages`)).toBe('512\n');
    machine.state(92, 'offline');
    expect(machine.read(`${NODE}/nr_hugepages`)).toBe('448\n');
  });

  it('of the smaller size come first from where pages were in use before, in whichever block', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 50);
    for (const block of [48, 49, 50]) machine.state(block, 'online_movable');
    machine.write(`${NODE}/nr_hugepages`, '128');
    machine.write(`${NODE}/nr_hugepages`, '0');
    machine.write(`${NODE}/nr_hugepages`, '64');
    machine.state(48, 'offline');
    expect(machine.read(`${NODE}/nr_hugepages`)).toBe('64\n');
    machine.state(49, 'offline');
    expect(machine.read(`${NODE}/nr_hugepages`)).toBe('0\n');
  });

  it.each([
    ['6.12.0', 64, [26, 19, 0, 19]],
    ['6.12.0', 10, [10, 0, 0, 0]],
    ['6.1.0', 64, [22, 21, 0, 21]],
    [
      '6.12.0',
      new Map([
        [0, 8],
        [1, 4],
      ]),
      [8, 4, 0, 0],
    ],
  ])('of kernel %s are there after boot with hugepages=%s', (kernel, hugePages, expected) => {
    const machine = new BootedMemory({ kernel, hugePages });
    const counts = [0, 1, 3].map(node =>
      machine.read(`${NODE.replace('node2', `node${node}`)}/nr_hugepages`),
    );
    expect(counts).toEqual([0, 1, 3].map(node => `${expected[node]}\n`));
  });

  it('can be demoted from the larger size only', () => {
    const machine = new BootedMemory();
    expect(machine.list('sys/kernel/mm/hugepages/hugepages-1048576kB')).toContain('demote_size');
    expect(machine.list(GLOBAL)).not.toContain('demote');
    const demoteSize = 'sys/kernel/mm/hugepages/hugepages-1048576kB/demote_size';
    expect(machine.write(demoteSize, '2M')).toBe('OK');
    expect(machine.write(demoteSize, '4M')).toBe('EINVAL');
  });

  it('take a count', () => {
    expect(new BootedMemory().write(`${GLOBAL}/nr_hugepages`, 'many')).toBe('EINVAL');
  });
});
