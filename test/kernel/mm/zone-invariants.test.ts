import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BootedMemory, PAGES } from './booted-memory.ts';

const FIRST = 48;
const LAST = 63;
const TYPES = ['online', 'online_kernel', 'online_movable', 'offline'] as const;

const step = fc.record({ block: fc.integer({ min: FIRST, max: LAST }), state: fc.constantFrom(...TYPES) });

/** Blocks of node 2 whose only valid zone is `name`: those that are online in it. */
function onlineIn(machine: BootedMemory, name: string): number[] {
  const ids = Array.from({ length: LAST - FIRST + 1 }, (_, i) => FIRST + i);
  return ids.filter(id => machine.validZones(id) === name);
}

describe('after any blocks of a node went on and off line', () => {
  it('each zone spans exactly from its first online block to its last and counts what is between', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), steps => {
        const machine = new BootedMemory();
        machine.add(2, FIRST, LAST);
        for (const { block, state } of steps) machine.state(block, state);
        for (const [index, name] of [
          [2, 'Normal'],
          [3, 'Movable'],
        ] as const) {
          const blocks = onlineIn(machine, name);
          const start = blocks[0] ?? 0;
          const span = blocks.length === 0 ? 0 : blocks.at(-1)! - start + 1;
          expect(machine.memory.zones.of(2)[index]).toMatchObject({
            startPfn: start * PAGES,
            spannedPages: span * PAGES,
            presentPages: blocks.length * PAGES,
            managedPages: blocks.length * PAGES,
          });
        }
      }),
      { numRuns: 60 },
    );
  });

  it('the masks, the tier and the removal of the memory agree with what is online', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), steps => {
        const machine = new BootedMemory();
        machine.add(2, FIRST, LAST);
        for (const { block, state } of steps) machine.state(block, state);
        const normal = onlineIn(machine, 'Normal').length > 0;
        const any = normal || onlineIn(machine, 'Movable').length > 0;
        const { hasMemory, hasNormalMemory } = machine.memory.nodes;
        expect([hasMemory.has(2), hasNormalMemory.has(2)]).toEqual([any, normal]);
        expect(machine.node('sys/devices/virtual/memory_tiering/memory_tier22') !== undefined).toBe(any);
        expect(machine.remove(FIRST, LAST) === undefined).toBe(!any);
        expect(machine.memory.nodes.isOnline(2)).toBe(any);
      }),
      { numRuns: 60 },
    );
  });
});
