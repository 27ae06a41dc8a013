import { describe, expect, it } from 'vitest';
import { FrameRanges } from '../../../../src/kernel/mm/hugetlb/frame-ranges.ts';
import { HugePageFrames } from '../../../../src/kernel/mm/hugetlb/huge-page-frames.ts';
import { HugePageList } from '../../../../src/kernel/mm/hugetlb/huge-page-list.ts';
import { FrameRun } from '../../../../src/kernel/mm/zones/frame-run.ts';
import { FreeList } from '../../../../src/kernel/mm/zones/free-list.ts';
import { ZoneBuddy } from '../../../../src/kernel/mm/zones/zone-buddy.ts';
import { IORESOURCE_SYSTEM_RAM, insertResource, Resource } from '../../../../src/kernel/resource/resource.ts';
import { BLOCK, BootedMemory, facts, PAGES } from '../booted-memory.ts';

const MOST = `${2n ** 64n - 1n}`;
const BOOT_NODE = 0;
const ADDED_NODE = 2;
const FIRST_ADDED = 1 << 20;
const SIZES = ['2048', '1048576'] as const;

/** A machine with so many boot blocks, and so many of hot-added memory. */
function machineOf(blocks: number, added = blocks): BootedMemory {
  const pages = blocks * PAGES;
  const machine = new BootedMemory({
    facts: {
      ...facts,
      maxPhysicalAddress: (1n << 52n) - 1n,
      memory: [{ node: BOOT_NODE, start: 0n, end: BigInt(blocks) * BLOCK - 1n }],
      zones: [
        {
          node: BOOT_NODE,
          name: 'Normal',
          startPfn: 0,
          spannedPages: pages,
          presentPages: pages,
          managedPages: pages,
        },
      ],
      memoryBlocks: [{ first: 0, last: blocks - 1, nodes: [BOOT_NODE], zone: 'Normal', presentPages: PAGES }],
      nodes: facts.nodes.map(node => ({ ...node, online: node.id === BOOT_NODE })),
    },
    autoOnline: 'online_kernel',
  });
  const ram = { start: 0n, end: BigInt(blocks) * BLOCK - 1n };
  insertResource(machine.iomem, new Resource({ ...ram, name: 'System RAM', flags: IORESOURCE_SYSTEM_RAM }));
  machine.add(ADDED_NODE, FIRST_ADDED, FIRST_ADDED + added - 1);
  return machine;
}

const WORKERS = [FrameRanges, FrameRun, FreeList, HugePageFrames, HugePageList, ZoneBuddy];

/** Calls of what allocates and keeps huge pages. */
function callsOf(act: () => void): number {
  let calls = 0;
  const methods = WORKERS.flatMap(({ prototype }) =>
    Object.entries(Object.getOwnPropertyDescriptors(prototype))
      .filter(([name, { value }]) => typeof value === 'function' && name !== 'constructor')
      .map(([name, descriptor]) => ({ prototype, name, descriptor })),
  );
  for (const { prototype, name, descriptor } of methods)
    Object.defineProperty(prototype, name, {
      ...descriptor,
      value(this: unknown, ...args: unknown[]) {
        calls++;
        return descriptor.value.apply(this, args);
      },
    });
  try {
    act();
  } finally {
    for (const { prototype, name, descriptor } of methods) Object.defineProperty(prototype, name, descriptor);
  }
  return calls;
}

describe('huge pages of a large machine', () => {
  it.each(SIZES)('of %s KiB cost as many steps as there are blocks, however many pages', kib => {
    const file = `sys/kernel/mm/hugepages/hugepages-${kib}kB/nr_hugepages`;
    const steps = [64, 1024].map(blocks => {
      const machine = machineOf(blocks);
      return ['1', MOST, '0', MOST, '3', MOST, '0'].map(count =>
        callsOf(() => expect(machine.write(file, count)).toBe('OK')),
      );
    });
    const [few, many] = steps as [number[], number[]];
    for (const [i, calls] of many.entries()) expect(calls).toBeLessThanOrEqual(few[i]! + 24 * (1024 - 64));
  });

  it('that are demoted cost no more steps when there are more of them', () => {
    const large = 'sys/kernel/mm/hugepages/hugepages-1048576kB';
    const [few, many] = [64, 1024].map(blocks => {
      const machine = machineOf(blocks);
      machine.write(`${large}/nr_hugepages`, MOST);
      return callsOf(() => machine.write(`${large}/demote`, MOST));
    });
    expect(many).toBeLessThanOrEqual(few!);
  });

  it('are all there: 64 TiB of boot memory and 1 TiB that was added', () => {
    const all = 65 * 1024;
    const machine = machineOf(524288, 8192);
    const count = (kib: string) =>
      Number(machine.read(`sys/kernel/mm/hugepages/hugepages-${kib}kB/nr_hugepages`));
    for (const kib of SIZES) {
      const file = `sys/kernel/mm/hugepages/hugepages-${kib}kB/nr_hugepages`;
      machine.write(file, MOST);
      const gib = (count(kib) * Number(kib)) / 2 ** 20;
      expect(gib).toBeGreaterThan(0.95 * all);
      expect(gib).toBeLessThanOrEqual(all);
      machine.write(file, '0');
      expect(count(kib)).toBe(0);
    }
  });
});
