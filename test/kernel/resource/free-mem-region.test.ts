import { describe, expect, it } from 'vitest';
import { ERANGE, isErrno } from '../../../src/kernel/lib/errno.ts';
import { allocFreeMemRegion, requestFreeMemRegion } from '../../../src/kernel/resource/free-mem-region.ts';
import { formatIomem } from '../../../src/kernel/resource/iomem-format.ts';
import {
  createIomem,
  IORESOURCE_MEM,
  insertResource,
  Resource,
} from '../../../src/kernel/resource/resource.ts';

const MIB = 1n << 20n;
const TOP = (1n << 40n) - 1n;

function iomem(...ranges: [start: bigint, size: bigint][]): Resource {
  const root = createIomem();
  for (const [start, size] of ranges)
    insertResource(
      root,
      new Resource({ start, end: start + size - 1n, name: 'taken', flags: IORESOURCE_MEM }),
    );
  return root;
}

const startOf = (found: ReturnType<typeof requestFreeMemRegion>) => (isErrno(found) ? found : found.start);

describe('request_free_mem_region', () => {
  it('takes the highest free range, in sections of 128 MiB', () => {
    const root = iomem();
    expect(startOf(requestFreeMemRegion(root, 1n, 'a', TOP))).toBe(TOP + 1n - 128n * MIB);
    expect(startOf(requestFreeMemRegion(root, 256n * MIB, 'b', TOP))).toBe(TOP + 1n - 384n * MIB);
    expect(formatIomem(root, true)).toBe('ffe8000000-fff7ffffff : b\nfff8000000-ffffffffff : a\n');
  });

  it('goes below what is taken, however it lies', () => {
    const root = iomem([TOP + 1n - 129n * MIB, MIB], [TOP + 1n - 600n * MIB, 300n * MIB]);
    expect(startOf(requestFreeMemRegion(root, 256n * MIB, 'a', TOP))).toBe(TOP + 1n - 896n * MIB);
  });

  it('finds its way through many ranges at once', () => {
    const root = iomem(
      ...Array.from({ length: 5000 }, (_, i): [bigint, bigint] => [BigInt(i) * 128n * MIB, MIB]),
    );
    const limit = 5000n * 128n * MIB - 1n;
    expect(requestFreeMemRegion(root, 128n * MIB, 'a', limit)).toEqual(ERANGE);
  });
});

describe('alloc_free_mem_region', () => {
  it('takes the lowest aligned range that is free', () => {
    const window = new Resource({
      start: 100n * MIB,
      end: 2048n * MIB - 1n,
      name: 'w',
      flags: IORESOURCE_MEM,
    });
    const root = iomem();
    insertResource(root, window);
    insertResource(
      root,
      new Resource({ start: 300n * MIB, end: 301n * MIB, name: 'x', flags: IORESOURCE_MEM }),
    );
    expect(startOf(allocFreeMemRegion(window, 512n * MIB, 256n * MIB, 'r'))).toBe(512n * MIB);
    expect(startOf(allocFreeMemRegion(window, 1024n * MIB, 256n * MIB, 's'))).toBe(1024n * MIB);
    expect(allocFreeMemRegion(window, 256n * MIB, 256n * MIB, 't')).toEqual(ERANGE);
  });
});
