import { describe, expect, it } from 'vitest';
import { BootedMemory, facts, PAGES } from '../booted-memory.ts';

const NORMAL = 2;
const MOVABLE = 3;

function spanAfter(machine: BootedMemory, ...steps: [number, string][]) {
  for (const [block, state] of steps) expect(machine.state(block, state)).toBe('OK');
  const { startPfn, spannedPages, presentPages } = machine.memory.zones.of(2)[NORMAL]!;
  return [startPfn / PAGES, spannedPages / PAGES, presentPages / PAGES];
}

describe('the span of a zone', () => {
  it('grows over what lies between and shrinks to the next block that is online', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 63);
    expect(spanAfter(machine, [49, 'online'])).toEqual([49, 1, 1]);
    expect(spanAfter(machine, [63, 'online'], [62, 'online'], [55, 'online'])).toEqual([49, 15, 4]);
    expect(spanAfter(machine, [63, 'offline'])).toEqual([49, 14, 3]);
    expect(spanAfter(machine, [62, 'offline'])).toEqual([49, 7, 2]);
    expect(spanAfter(machine, [49, 'offline'])).toEqual([55, 1, 1]);
    expect(spanAfter(machine, [55, 'offline'])).toEqual([0, 0, 0]);
  });

  it('stays when a block in its middle goes', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 50);
    expect(spanAfter(machine, [48, 'online'], [49, 'online'], [50, 'online'])).toEqual([48, 3, 3]);
    expect(spanAfter(machine, [49, 'offline'])).toEqual([48, 3, 2]);
  });

  it('does not shrink to blocks of another zone', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 51);
    const span = spanAfter(
      machine,
      [48, 'online'],
      [49, 'online_movable'],
      [50, 'online_kernel'],
      [48, 'offline'],
    );
    expect(span).toEqual([50, 1, 1]);
  });

  it('shrinks boot memory too', () => {
    const machine = new BootedMemory();
    machine.state(64, 'offline');
    expect(machine.memory.zones.of(3)[NORMAL]).toMatchObject({
      startPfn: 65 * PAGES,
      spannedPages: 7 * PAGES,
      presentPages: 7 * PAGES,
      presentEarlyPages: 7 * PAGES,
      managedPages: 258048 - PAGES,
    });
  });

  it('shrinks back to where boot memory begins inside its first block', () => {
    const begin = 57 * PAGES + 12288;
    const [node0, , , node3] = facts.zones;
    const machine = new BootedMemory({
      facts: {
        ...facts,
        memory: [{ node: 3, start: BigInt(begin) << 12n, end: (BigInt(58 * PAGES) << 12n) - 1n }],
        zones: [
          node0!,
          { ...node3!, startPfn: begin, spannedPages: 64 * PAGES - begin, presentPages: 20480 },
        ],
        memoryBlocks: [{ first: 57, last: 57, nodes: [3], zone: 'Normal', presentPages: 20480 }],
      },
    });
    machine.add(3, 48, 49);
    machine.state(49, 'online_kernel');
    expect(machine.memory.zones.of(3)[NORMAL]?.startPfn).toBe(49 * PAGES);
    machine.state(49, 'offline');
    expect(machine.memory.zones.of(3)[NORMAL]?.startPfn).toBe(begin);
  });

  it('ends with the boot block that is left in it, though boot memory had another zone', () => {
    const machine = new BootedMemory();
    for (const block of [70, 71]) {
      machine.state(block, 'offline');
      machine.state(block, 'online_movable');
    }
    machine.state(71, 'offline');
    expect(machine.memory.zones.of(3)[MOVABLE]).toMatchObject({
      startPfn: 70 * PAGES,
      spannedPages: PAGES,
      presentPages: PAGES,
    });
  });

  it('begins where memory begins inside a block with a hole, when the one before it went', () => {
    const begin = 65 * PAGES + 8192;
    const address = (pfn: number) => BigInt(pfn) << 12n;
    const machine = new BootedMemory({
      facts: {
        ...facts,
        memory: [
          ...facts.memory.slice(0, 3),
          { node: 3, start: address(64 * PAGES), end: address(65 * PAGES) - 1n },
          { node: 3, start: address(begin), end: address(72 * PAGES) - 1n },
        ],
        memoryBlocks: [
          ...facts.memoryBlocks.slice(0, 4),
          { first: 64, last: 64, nodes: [3], zone: 'Normal', presentPages: PAGES },
          { first: 65, last: 65, nodes: [3], zone: 'Normal', presentPages: PAGES - 8192 },
          { first: 66, last: 71, nodes: [3], zone: 'Normal', presentPages: PAGES },
        ],
      },
    });
    machine.state(64, 'offline');
    expect(machine.memory.zones.of(3)[NORMAL]?.startPfn).toBe(begin);
  });
});
