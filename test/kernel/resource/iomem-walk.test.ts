import { describe, expect, it } from 'vitest';
import { holdsSystemRam, regionIntersects } from '../../../src/kernel/resource/iomem-walk.ts';
import {
  createIomem,
  flagBits,
  IORES_DESC_SOFT_RESERVED,
  IORESOURCE_BUSY,
  IORESOURCE_MEM,
  IORESOURCE_SYSTEM_RAM,
  insertResource,
  Resource,
} from '../../../src/kernel/resource/resource.ts';

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

describe('System RAM in a span', () => {
  const root = tree(
    [0x1000, 0x4fff, 'System RAM', busyRam],
    [0x10000, 0x1ffff, 'Soft Reserved', IORESOURCE_MEM, IORES_DESC_SOFT_RESERVED],
    [0x12000, 0x1bfff, 'dax0.0', IORESOURCE_SYSTEM_RAM],
    [0x12000, 0x13fff, 'System RAM (kmem)', busyRam],
  );

  it('is found at any depth, also what kmem put below a dax device that is not BUSY itself', () => {
    expect(holdsSystemRam(root, 0x4000n, 0x5fffn)).toBe(true);
    expect(holdsSystemRam(root, 0x13000n, 0x1ffffn)).toBe(true);
  });

  it('is none where memory is only reserved for a driver', () => {
    expect(holdsSystemRam(root, 0x5000n, 0x11fffn)).toBe(false);
    expect(holdsSystemRam(root, 0x14000n, 0x1ffffn)).toBe(false);
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
