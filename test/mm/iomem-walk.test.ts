import { describe, expect, it } from 'vitest';
import {
  regionIntersects,
  walkResources,
  walkSystemRam,
  walkSystemRamPages,
} from '../../src/mm/iomem-walk.ts';
import {
  createIomem,
  flagBits,
  IORES_DESC_SOFT_RESERVED,
  IORESOURCE_BUSY,
  IORESOURCE_MEM,
  IORESOURCE_SYSTEM_RAM,
  insertResource,
  Resource,
} from '../../src/mm/resource.ts';

const busyRam = flagBits(IORESOURCE_SYSTEM_RAM, IORESOURCE_BUSY);

function tree(
  ...entries: [start: number, end: number, name: string, flags?: number, desc?: number][]
): Resource {
  const root = createIomem();
  for (const [start, end, name, flags = IORESOURCE_MEM, desc = 0] of entries) {
    insertResource(root, new Resource({ start: BigInt(start), end: BigInt(end), name, flags, desc }));
  }
  return root;
}

const spans = (found: Iterable<{ start: bigint; end: bigint; resource: Resource }>): string[] =>
  Array.from(found, span => `${span.resource.name} ${span.start.toString(16)}-${span.end.toString(16)}`);

describe('walking resources', () => {
  it('finds the memory that kmem put below a dax device that is not BUSY itself', () => {
    const root = tree(
      [0x1000, 0x4fff, 'System RAM', busyRam],
      [0x10000, 0x1ffff, 'Soft Reserved', IORESOURCE_MEM, IORES_DESC_SOFT_RESERVED],
      [0x12000, 0x1bfff, 'dax0.0', IORESOURCE_SYSTEM_RAM],
      [0x12000, 0x13fff, 'System RAM (kmem)', busyRam],
      [0x16000, 0x1bfff, 'System RAM (kmem)', busyRam],
    );
    expect(spans(walkSystemRam(root, 0x2000n, 0x17fffn))).toEqual([
      'System RAM 2000-4fff',
      'System RAM (kmem) 12000-13fff',
      'System RAM (kmem) 16000-17fff',
    ]);
  });

  it('matches by flags and description, and yields nothing where nothing matches', () => {
    const root = tree(
      [0x1000, 0x1fff, 'Soft Reserved', IORESOURCE_MEM, IORES_DESC_SOFT_RESERVED],
      [0x3000, 0x3fff, 'Reserved'],
      [0x5000, 0x5fff, 'Soft Reserved', IORESOURCE_MEM, IORES_DESC_SOFT_RESERVED],
    );
    expect(spans(walkResources(root, 0n, 0xffffn, IORESOURCE_MEM, IORES_DESC_SOFT_RESERVED))).toEqual([
      'Soft Reserved 1000-1fff',
      'Soft Reserved 5000-5fff',
    ]);
    expect(spans(walkSystemRam(root, 0n, 0xffffn))).toEqual([]);
  });

  it('shrinks to whole pages', () => {
    const root = tree([0x1800, 0x4bff, 'System RAM', busyRam], [0x6100, 0x6fff, 'System RAM', busyRam]);
    expect([...walkSystemRamPages(root, 0, 16)]).toEqual([{ pfn: 2, pages: 2 }]);
  });
});

describe('region_intersects', () => {
  const soft = (root: Resource, start: number, size: number) =>
    regionIntersects(root, BigInt(start), BigInt(size), IORESOURCE_MEM, IORES_DESC_SOFT_RESERVED);

  it('tells disjoint, intersecting and mixed spans apart; unclaimed space is neither', () => {
    const root = tree(
      [0x1000, 0x1fff, 'Soft Reserved', IORESOURCE_MEM, IORES_DESC_SOFT_RESERVED],
      [0x3000, 0x3fff, 'Reserved'],
    );
    expect(soft(root, 0x4000, 0x1000)).toBe('DISJOINT');
    expect(soft(root, 0x3000, 0x1000)).toBe('DISJOINT');
    expect(soft(root, 0x0, 0x3000)).toBe('INTERSECTS');
    expect(soft(root, 0x1000, 0x3000)).toBe('MIXED');
  });

  it('looks below another kind of node, which counts as covered only without holes', () => {
    const root = tree(
      [0x1000, 0x4fff, 'CXL Window 0'],
      [0x1000, 0x2fff, 'Soft Reserved', IORESOURCE_MEM, IORES_DESC_SOFT_RESERVED],
      [0x3000, 0x4fff, 'Soft Reserved', IORESOURCE_MEM, IORES_DESC_SOFT_RESERVED],
      [0x8000, 0x9fff, 'CXL Window 1'],
      [0x9000, 0x9fff, 'Soft Reserved', IORESOURCE_MEM, IORES_DESC_SOFT_RESERVED],
    );
    expect(soft(root, 0x1000, 0x4000)).toBe('INTERSECTS');
    expect(soft(root, 0x8000, 0x2000)).toBe('MIXED');
    expect(soft(root, 0x9000, 0x1000)).toBe('INTERSECTS');
    expect(soft(root, 0x8000, 0x1000)).toBe('DISJOINT');
  });
});
