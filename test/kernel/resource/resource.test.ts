import { describe, expect, it } from 'vitest';
import { EBUSY, EINVAL, isErrno } from '../../../src/kernel/lib/errno.ts';
import { formatIomem } from '../../../src/kernel/resource/iomem-format.ts';
import {
  adjustResource,
  createIomem,
  flagBits,
  IORES_DESC_SOFT_RESERVED,
  IORESOURCE_BUSY,
  IORESOURCE_MEM,
  IORESOURCE_SYSRAM,
  IORESOURCE_SYSTEM_RAM,
  insertExpandToFit,
  insertResource,
  Resource,
  releaseMemRegionAdjustable,
  releaseResource,
  removeResource,
  requestRegion,
  requestResource,
} from '../../../src/kernel/resource/resource.ts';

const busyRam = flagBits(IORESOURCE_SYSTEM_RAM, IORESOURCE_BUSY);
const res = (start: number, end: number, name: string, flags = IORESOURCE_MEM, desc = 0): Resource =>
  new Resource({ start: BigInt(start), end: BigInt(end), name, flags, desc });

/** An iomem with the given resources inserted in order. */
function tree(...resources: Resource[]): Resource {
  const root = createIomem();
  for (const resource of resources) expect(insertResource(root, resource)).toBeUndefined();
  return root;
}

const shown = (root: Resource): string[] => formatIomem(root, true).trimEnd().split('\n');

describe('request_resource', () => {
  it('links in address order', () => {
    const root = createIomem();
    for (const start of [0x3000, 0x1000, 0x2000])
      requestResource(root, res(start, start + 0xfff, `r${start}`));
    expect(root.children.map(child => child.start)).toEqual([0x1000n, 0x2000n, 0x3000n]);
  });

  it('refuses any overlap, a reversed range, and a range outside of the parent', () => {
    const parent = res(0x1000, 0x8fff, 'parent');
    const root = tree(parent);
    requestResource(parent, res(0x3000, 0x3fff, 'child'));
    expect(requestResource(parent, res(0x3fff, 0x4fff, 'overlap'))).toEqual(EBUSY);
    expect(requestResource(parent, res(0x2000, 0x7fff, 'around'))).toEqual(EBUSY);
    expect(requestResource(parent, res(0x5000, 0x4fff, 'reversed'))).toEqual(EBUSY);
    expect(requestResource(parent, res(0x0, 0x1fff, 'outside'))).toEqual(EBUSY);
    expect(shown(root)).toEqual(['00001000-00008fff : parent', '  00003000-00003fff : child']);
  });
});

describe('insert_resource', () => {
  it('goes inside a larger one, takes in smaller ones, and becomes the parent of an equal one', () => {
    const root = tree(res(0x1000, 0x1fff, 'small'), res(0x3000, 0x3fff, 'small'));
    insertResource(root, res(0x0, 0x7fff, 'large'));
    insertResource(root, res(0x0, 0x7fff, 'equal'));
    insertResource(root, res(0x3000, 0x37ff, 'inner'));
    expect(shown(root)).toEqual([
      '00000000-00007fff : equal',
      '  00000000-00007fff : large',
      '    00001000-00001fff : small',
      '    00003000-00003fff : small',
      '      00003000-000037ff : inner',
    ]);
  });

  it('refuses a partial overlap on either side', () => {
    const root = tree(res(0x2000, 0x3fff, 'here'));
    expect(insertResource(root, res(0x1000, 0x2fff, 'left'))).toEqual(EBUSY);
    expect(insertResource(root, res(0x3000, 0x4fff, 'right'))).toEqual(EBUSY);
    expect(root.children).toHaveLength(1);
  });

  it('expands to fit over partial overlaps and says so', () => {
    const root = tree(res(0x2000, 0x3fff, 'PCI Bus 0000:00'), res(0x5000, 0x6fff, 'other'));
    const lines: string[] = [];
    insertExpandToFit(root, res(0x3000, 0x5fff, 'Reserved'), line => lines.push(line));
    expect(shown(root)).toEqual([
      '00002000-00006fff : Reserved',
      '  00002000-00003fff : PCI Bus 0000:00',
      '  00005000-00006fff : other',
    ]);
    expect(lines).toEqual([
      'resource: Expanded resource Reserved due to conflict with PCI Bus 0000:00',
      'resource: Expanded resource Reserved due to conflict with other',
    ]);
  });
});

describe('request_region', () => {
  it('takes type, System RAM bit and description of its parent, and is BUSY', () => {
    const parent = res(0x1000, 0x8fff, 'Soft Reserved', IORESOURCE_MEM, IORES_DESC_SOFT_RESERVED);
    const root = tree(parent);
    const region = requestRegion(root, 0x2000n, 0x1000n, 'dax0.0');
    if (isErrno(region)) throw new Error('refused');
    expect(region.parent).toBe(parent);
    expect(region.flags).toBe(flagBits(IORESOURCE_MEM, IORESOURCE_BUSY));
    expect(region.desc).toBe(IORES_DESC_SOFT_RESERVED);

    region.flags = IORESOURCE_SYSTEM_RAM;
    const child = requestRegion(root, 0x2000n, 0x800n, 'System RAM (kmem)');
    if (isErrno(child)) throw new Error('refused');
    expect(child.parent).toBe(region);
    expect(child.has(IORESOURCE_SYSRAM)).toBe(true);
  });

  it('is refused by a BUSY node, and where it leaves the non-BUSY node that it entered', () => {
    const root = tree(res(0x1000, 0x1fff, 'open'), res(0x4000, 0x4fff, 'System RAM', busyRam));
    expect(requestRegion(root, 0x4000n, 0x1000n, 'x')).toEqual(EBUSY);
    expect(requestRegion(root, 0x1800n, 0x1000n, 'x')).toEqual(EBUSY);
  });
});

describe('release', () => {
  it('release_resource takes the subtree along, remove_resource leaves the children in its place', () => {
    const middle = res(0x2000, 0x5fff, 'middle');
    const root = tree(res(0x1000, 0x8fff, 'outer'), middle, res(0x3000, 0x3fff, 'inner'));
    expect(removeResource(middle)).toBeUndefined();
    expect(removeResource(middle)).toEqual(EINVAL);
    expect(shown(root)).toEqual(['00001000-00008fff : outer', '  00003000-00003fff : inner']);
    const outer = root.children[0]!;
    expect(releaseResource(outer)).toBeUndefined();
    expect(releaseResource(outer)).toEqual(EINVAL);
    expect(root.children).toEqual([]);
  });
});

describe('adjust_resource', () => {
  it('moves bounds inside the parent, between siblings and around children', () => {
    const target = res(0x3000, 0x4fff, 'target');
    tree(
      res(0x1000, 0x8fff, 'parent'),
      res(0x1000, 0x1fff, 'left'),
      target,
      res(0x7000, 0x7fff, 'right'),
      res(0x4000, 0x4fff, 'child'),
    );
    const to = (start: number, end: number) => adjustResource(target, BigInt(start), BigInt(end - start + 1));
    expect(to(0x1800, 0x4fff)).toEqual(EBUSY);
    expect(to(0x3000, 0x7000)).toEqual(EBUSY);
    expect(to(0x3000, 0x47ff)).toEqual(EBUSY);
    expect(to(0x3000, 0x9fff)).toEqual(EBUSY);
    expect(to(0x2000, 0x6fff)).toBeUndefined();
    expect([target.start, target.end]).toEqual([0x2000n, 0x6fffn]);
  });
});

describe('release_mem_region_adjustable', () => {
  const nested = () => {
    const root = tree(res(0x1000, 0x8fff, 'dax0.0', IORESOURCE_SYSTEM_RAM));
    requestRegion(root, 0x1000n, 0x8000n, 'System RAM (kmem)');
    return root;
  };

  it('deletes an exact match and trims a shared edge', () => {
    const root = nested();
    expect(releaseMemRegionAdjustable(root, 0x1000n, 0x1000n)).toBeUndefined();
    expect(releaseMemRegionAdjustable(root, 0x8000n, 0x1000n)).toBeUndefined();
    expect(shown(root)[1]).toBe('  00002000-00007fff : System RAM (kmem)');
    expect(releaseMemRegionAdjustable(root, 0x2000n, 0x6000n)).toBeUndefined();
    expect(shown(root)).toEqual(['00001000-00008fff : dax0.0']);
  });

  it('splits in the middle, with the children staying below', () => {
    const root = nested();
    requestResource(root.children[0]!.children[0]!, res(0x1000, 0x1fff, 'inner'));
    expect(releaseMemRegionAdjustable(root, 0x4000n, 0x1000n)).toBeUndefined();
    expect(shown(root)).toEqual([
      '00001000-00008fff : dax0.0',
      '  00001000-00003fff : System RAM (kmem)',
      '    00001000-00001fff : inner',
      '  00005000-00008fff : System RAM (kmem)',
    ]);
    expect(releaseMemRegionAdjustable(root, 0x1000n, 0x1000n)).toEqual(EBUSY);
  });

  it('finds nothing outside of BUSY memory', () => {
    expect(releaseMemRegionAdjustable(nested(), 0x9000n, 0x1000n)).toEqual(EINVAL);
    expect(releaseMemRegionAdjustable(nested(), 0x8000n, 0x2000n)).toEqual(EINVAL);
  });
});
