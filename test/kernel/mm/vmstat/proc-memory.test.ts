import { describe, expect, it } from 'vitest';
import { BootedMemory } from '../booted-memory.ts';
import { emptyZone, meminfo, populatedZone } from '../recorded-proc.ts';

/** A text with its numbers made one and the blanks before them gone. */
const shape = (text: string): string[] => text.replace(/ *\b\d+/g, ' 0').split('\n');

describe('/proc/meminfo', () => {
  it('has the lines of a real kernel, in their order and width', () => {
    const ours = `${new BootedMemory().read('proc/meminfo')}`;
    const width = (text: string) =>
      text.split('\n').map(line => (line.startsWith('Vmalloc') ? 0 : line.length));
    expect(shape(ours)).toEqual(shape(meminfo));
    expect(width(ours)).toEqual(width(meminfo));
  });

  it('lacks the lines of newer kernels on an older one', () => {
    expect(new BootedMemory({ kernel: '6.1.0' }).read('proc/meminfo')).not.toContain('Unaccepted');
  });

  it('counts what goes on and off line', () => {
    const machine = new BootedMemory();
    const total = () => Number(/MemTotal: +(\d+)/.exec(`${machine.read('proc/meminfo')}`)?.[1]);
    machine.add(2, 48, 49);
    const before = total();
    machine.state(48, 'online');
    expect(total() - before).toBe(131072);
    machine.state(48, 'offline');
    expect(total()).toBe(before);
  });
});

describe('/proc/zoneinfo', () => {
  it('shows a populated and an empty zone in the lines of a real kernel', () => {
    const zones = `${new BootedMemory().read('proc/zoneinfo')}`.split(/^(?=Node)/m);
    const perCpu = /\n {4}cpu: 1\n(.*\n){4}/;
    expect(shape(zones[0]!)).toEqual(shape(populatedZone));
    expect(zones[0]).toMatch(perCpu);
    expect(shape(zones[2]!)).toEqual(shape(emptyZone));
  });

  it('has all five zones of each online node, those of an offline one not', () => {
    const machine = new BootedMemory();
    const nodes = () => `${machine.read('proc/zoneinfo')}`.match(/^Node \d(?=, zone +Device)/gm);
    expect(nodes()).toEqual(['Node 0', 'Node 1', 'Node 3']);
    machine.add(2, 48, 48);
    expect(nodes()).toEqual(['Node 0', 'Node 1', 'Node 2', 'Node 3']);
  });

  it('tells the start of a populated zone only', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 49);
    const starts = () => `${machine.read('proc/zoneinfo')}`.match(/start_pfn: +\d+/g);
    expect(starts()).toHaveLength(4);
    machine.state(49, 'online_movable');
    expect(starts()).toContain('start_pfn:           1605632');
  });
});

describe('/proc/zoneinfo of a zone below others', () => {
  it('tells the pages that it keeps from them, as memory comes and goes', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 63);
    const protection = (zone: string) =>
      new RegExp(`Node ${zone}\\n[^N]*protection: \\((.*)\\)`).exec(`${machine.read('proc/zoneinfo')}`)?.[1];
    for (let block = 48; block < 52; block++) machine.state(block, 'online_kernel');
    expect(protection('2, zone   Normal')).toBe('0, 0, 0, 0, 0');
    machine.state(63, 'online_movable');
    expect(protection('2, zone   Normal')).toBe('0, 0, 0, 1024, 1024');
    expect(protection('2, zone  Movable')).toBe('0, 0, 0, 0, 0');
    machine.state(63, 'offline');
    expect(protection('2, zone   Normal')).toBe('0, 0, 0, 0, 0');
  });
});

describe('/proc/buddyinfo', () => {
  it('has one line of eleven orders for each populated zone', () => {
    const machine = new BootedMemory();
    const zones = () =>
      `${machine.read('proc/buddyinfo')}`
        .trimEnd()
        .split('\n')
        .map(line => line.trim().split(/ +/));
    expect(zones().map(words => `${words[1]} ${words[3]}`)).toEqual([
      '0, DMA',
      '0, DMA32',
      '1, Normal',
      '3, Normal',
    ]);
    expect(zones().every(words => words.length === 4 + 11)).toBe(true);
    machine.add(2, 48, 48);
    machine.state(48, 'online');
    const hot = zones().find(words => words[1] === '2,');
    expect(hot?.slice(4)).toEqual(['0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '32']);
  });
});
