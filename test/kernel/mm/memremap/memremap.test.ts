import { describe, expect, it } from 'vitest';
import { EBUSY, EEXIST, EINVAL, ENOMEM, ENXIO } from '../../../../src/kernel/lib/errno.ts';
import { Memremap } from '../../../../src/kernel/mm/memremap/memremap.ts';
import {
  MEMORY_DEVICE_COHERENT,
  MEMORY_DEVICE_FS_DAX,
  MEMORY_DEVICE_GENERIC,
  MEMORY_DEVICE_PCI_P2PDMA,
  MEMORY_DEVICE_PRIVATE,
  type PageMap,
} from '../../../../src/kernel/mm/memremap/page-map.ts';
import { FakeDeviceMemory, GIB, MIB } from '../device-memory.ts';

const range = (start: bigint, size: bigint) => ({ start, end: start + size - 1n });
const AT = 16n * GIB;
const pageFree = () => {};
const migrateToRam = () => undefined;

function machine() {
  const memory = new FakeDeviceMemory();
  return { memory, memremap: new Memremap(memory) };
}

function generic(...ranges: PageMap['ranges']): PageMap {
  return { type: MEMORY_DEVICE_GENERIC, ranges, vmemmapShift: 0 };
}

function mapOf(type: number, rest: Partial<PageMap> = {}): PageMap {
  return { type, ranges: [range(AT, 2n * MIB)], vmemmapShift: 0, ...rest };
}

describe('the argument of memremap_pages', () => {
  it('needs a range, whatever the type', () => {
    const { memory, memremap } = machine();
    expect(memremap.map(mapOf(MEMORY_DEVICE_PRIVATE, { ranges: [] }), 0)).toEqual(EINVAL);
    expect(memory.log).toEqual(['nr_range must be specified']);
  });

  it('of private memory needs migrate_to_ram, then page_free, then an owner', () => {
    const { memory, memremap } = machine();
    for (const rest of [{}, { ops: { migrateToRam } }, { ops: { migrateToRam, pageFree } }])
      expect(memremap.map(mapOf(MEMORY_DEVICE_PRIVATE, rest), 0)).toEqual(EINVAL);
    expect(memory.log).toEqual([
      'Missing migrate_to_ram method',
      'Missing page_free method',
      'Missing owner',
    ]);
    const complete = mapOf(MEMORY_DEVICE_PRIVATE, { ops: { migrateToRam, pageFree }, owner: {} });
    expect(memremap.map(complete, 0)).toBeUndefined();
  });

  it('of coherent memory needs page_free, then an owner', () => {
    const { memory, memremap } = machine();
    for (const rest of [{ ops: { migrateToRam } }, { ops: { pageFree } }])
      expect(memremap.map(mapOf(MEMORY_DEVICE_COHERENT, rest), 0)).toEqual(EINVAL);
    expect(memory.log).toEqual(['Missing page_free method', 'Missing owner']);
    const complete = mapOf(MEMORY_DEVICE_COHERENT, { ops: { pageFree }, owner: {} });
    expect(memremap.map(complete, 0)).toBeUndefined();
  });

  it.each([MEMORY_DEVICE_FS_DAX, MEMORY_DEVICE_GENERIC, MEMORY_DEVICE_PCI_P2PDMA])(
    'of type %i needs nothing',
    type => {
      const { memory, memremap } = machine();
      expect(memremap.map(mapOf(type), 0)).toBeUndefined();
      expect(memory.log).toEqual([]);
    },
  );

  it('may be of an unknown type: that is only warned about', () => {
    const { memory, memremap } = machine();
    expect(memremap.map(mapOf(9), 0)).toBeUndefined();
    expect(memory.log).toEqual(['Invalid pgmap type 9']);
  });
});

describe('a range of memremap_pages', () => {
  it('gets page structures on the node, or on the local memory node without one', () => {
    const { memory, memremap } = machine();
    memremap.map(generic(range(AT, GIB)), 2);
    memremap.map(generic(range(AT + GIB, GIB)), -1);
    expect([...memory.added]).toEqual(['2 400000000+40000000', '1 440000000+40000000']);
  });

  it('after the first is refused with an altmap, and the first is undone', () => {
    const { memory, memremap } = machine();
    const altmap = { basePfn: Number(AT >> 12n), reserve: 2, free: 510, alloc: 0 };
    const pageMap: PageMap = { ...generic(range(AT, 64n * MIB), range(AT + GIB, 64n * MIB)), altmap };
    expect(memremap.map(pageMap, 0)).toEqual(EINVAL);
    expect(memory.log).toEqual(['altmap not supported for multiple ranges']);
    expect(memory.added.size).toBe(0);
    expect(memremap.find(AT)).toBeUndefined();
  });

  it('whose first or last page belongs to a live map is ENOMEM, before anything else is looked at', () => {
    const { memory, memremap } = machine();
    memremap.map(generic(range(AT, GIB)), 0);
    expect(memremap.map(generic(range(AT + GIB - 4096n, 8192n)), 0)).toEqual(ENOMEM);
    expect(memremap.map(generic(range(AT - 4096n, 8192n)), 0)).toEqual(ENOMEM);
    expect(memory.log).toEqual(Array(2).fill('Conflicting mapping in same section'));
  });

  it('that swallows a live map passes that check and is EEXIST', () => {
    const { memremap } = machine();
    memremap.map(generic(range(AT + 2n * MIB, 2n * MIB)), 0);
    expect(memremap.map(generic(range(AT, 8n * MIB)), 0)).toEqual(EEXIST);
  });

  it('over System RAM is ENXIO, fully or partly', () => {
    const { memory, memremap } = machine();
    expect(memremap.map(generic(range(GIB, 4096n)), 0)).toEqual(ENXIO);
    expect(memory.log).toEqual(['attempted on ram region 0x40000000-0x40000fff']);
  });

  it('past the addressable memory is EINVAL, before its alignment is looked at', () => {
    const { memory, memremap } = machine();
    expect(memremap.map(generic(range((1n << 46n) - 4096n, 8192n)), 0)).toEqual(EINVAL);
    expect(memory.log).toEqual([
      'Hotplug memory [0x3ffffffff000-0x400000001000] exceeds maximum addressable range [0x0-0x3fffffffffff]',
    ]);
  });

  it('is refused with an altmap of another base, or one larger than the range', () => {
    const { memory, memremap } = machine();
    const basePfn = Number(AT >> 12n);
    const withAltmap = (altmap: PageMap['altmap']) =>
      memremap.map({ ...generic(range(AT, 2n * MIB)), altmap }, 0);
    memremap.setMapping(AT + 32n * 4096n, 4096n);
    expect(withAltmap({ basePfn: basePfn + 1, reserve: 2, free: 10, alloc: 0 })).toEqual(EINVAL);
    expect(withAltmap({ basePfn, reserve: 3, free: 510, alloc: 0 })).toEqual(EINVAL);
    const complaints = memory.log.filter(line => line === 'memory add fail, invalid altmap');
    expect(complaints).toHaveLength(2);
  });

  it('is refused when the altmap has no room for the page structures', () => {
    const { memremap } = machine();
    const altmap = { basePfn: Number(AT >> 12n), reserve: 2, free: 7, alloc: 0 };
    expect(memremap.map({ ...generic(range(AT, 2n * MIB)), altmap }, 0)).toEqual(ENOMEM);
  });

  it.each([
    [AT + 4096n, 2n * MIB],
    [AT, 2n * MIB - 4096n],
  ])('must be aligned to 2 MiB at both ends', (start, size) => {
    const { memory, memremap } = machine();
    expect(memremap.map(generic(range(start, size)), 0)).toEqual(EINVAL);
    expect(memory.log).toContainEqual(expect.stringMatching(/^Misaligned __add_pages start: 0x4000/));
  });

  it('that fails leaves nothing of the earlier ranges', () => {
    const { memory, memremap } = machine();
    const pageMap = generic(range(AT, GIB), range(AT + 2n * GIB, GIB), range(GIB, GIB));
    expect(memremap.map(pageMap, 0)).toEqual(ENXIO);
    expect(memory.removed).toEqual(['400000000+40000000', '480000000+40000000']);
    expect(memremap.references(pageMap)).toBe(0);
  });
});

describe('references to a page map', () => {
  it('start with one for the map and one for each compound page', () => {
    const { memremap } = machine();
    const small = generic(range(AT, 4n * MIB));
    const huge = { ...generic(range(AT + GIB, GIB)), vmemmapShift: 9 };
    memremap.map(small, 0);
    memremap.map(huge, 0);
    expect(memremap.references(small)).toBe(1 + 1024);
    expect(memremap.references(huge)).toBe(1 + 512);
  });

  it('leave out the pages of an altmap', () => {
    const { memremap } = machine();
    const altmap = { basePfn: Number(AT >> 12n), reserve: 2, free: 30, alloc: 0 };
    const pageMap = { ...generic(range(AT, 2n * MIB)), altmap };
    memremap.map(pageMap, 0);
    expect(memremap.references(pageMap)).toBe(1 + 512 - 32);
    expect(altmap.alloc).toBe(8);
    memremap.unmap(pageMap);
    expect(altmap.alloc).toBe(0);
  });

  it('of private memory come with the pages that are in use', () => {
    const { memremap } = machine();
    const pageMap = mapOf(MEMORY_DEVICE_PRIVATE, { ops: { migrateToRam, pageFree }, owner: {} });
    memremap.map(pageMap, 0);
    expect(memremap.references(pageMap)).toBe(1);
    memremap.get(AT);
    expect(memremap.references(pageMap)).toBe(2);
  });

  it('hold up the teardown: the map is not found, its range is taken, until the last one is dropped', () => {
    const { memory, memremap } = machine();
    const pageMap = generic(range(AT, GIB));
    memremap.map(pageMap, 0);
    memremap.get(AT);
    memremap.unmap(pageMap);
    expect(memremap.isPending(pageMap)).toBe(true);
    expect(memremap.find(AT)).toBeUndefined();
    expect(memremap.get(AT)).toBeUndefined();
    expect(memremap.map(generic(range(AT, GIB)), 0)).toEqual(EEXIST);
    expect(memory.removed).toEqual([]);
    memremap.put(pageMap);
    expect(memory.removed).toEqual(['400000000+40000000']);
    expect(memremap.map(generic(range(AT, GIB)), 0)).toBeUndefined();
  });

  it('cannot be dropped twice by taking the map down twice', () => {
    const { memory, memremap } = machine();
    const pageMap = generic(range(AT, GIB));
    memremap.map(pageMap, 0);
    memremap.get(AT);
    memremap.unmap(pageMap);
    memremap.unmap(pageMap);
    expect(memory.removed).toEqual([]);
  });
});

describe('looking up a page', () => {
  it('finds the map of any of 10,000 ranges without walking them', () => {
    const { memremap } = machine();
    const ranges = Array.from({ length: 10_000 }, (_, i) => range(AT + BigInt(i) * 4n * MIB, 2n * MIB));
    const pageMap = generic(...ranges);
    expect(memremap.map(pageMap, 0)).toBeUndefined();
    const started = performance.now();
    for (const { start, end } of ranges) {
      expect(memremap.find(start) === pageMap && memremap.find(end) === pageMap).toBe(true);
      if (memremap.find(end + 1n) !== undefined) throw new Error('found a map in a gap');
    }
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('a poisoned page', () => {
  it('kills those who map it on memory of a plain device', () => {
    const { memremap } = machine();
    memremap.map(generic(range(AT, GIB)), 0);
    memremap.setMapping(AT, 2n * MIB);
    const told: bigint[] = [];
    memremap.onFailure(address => told.push(address));
    expect(memremap.memoryFailure(AT + 4096n)).toBeUndefined();
    expect(told).toEqual([AT + 4096n]);
  });

  it('is EBUSY where nobody ever mapped it since the device was bound', () => {
    const { memremap } = machine();
    const map = generic(range(AT, GIB));
    memremap.map(map, 0);
    memremap.setMapping(AT, 4096n);
    expect(memremap.memoryFailure(AT + 2n * MIB)).toEqual(EBUSY);
    memremap.unmap(map);
    memremap.map(map, 0);
    expect(memremap.memoryFailure(AT)).toEqual(EBUSY);
  });

  it('is ENXIO outside of any map, in the metadata, and on migrated memory', () => {
    const { memremap } = machine();
    const altmap = { basePfn: Number(AT >> 12n), reserve: 2, free: 30, alloc: 0 };
    memremap.map({ ...generic(range(AT, 2n * MIB)), altmap }, 0);
    memremap.setMapping(AT + 32n * 4096n, 4096n);
    const coherent = mapOf(MEMORY_DEVICE_COHERENT, {
      ops: { pageFree },
      owner: {},
      ranges: [range(2n * AT, GIB)],
    });
    memremap.map(coherent, 0);
    expect(memremap.memoryFailure(AT - 1n)).toEqual(ENXIO);
    expect(memremap.memoryFailure(AT + 31n * 4096n)).toEqual(ENXIO);
    expect(memremap.memoryFailure(AT + 32n * 4096n)).toBeUndefined();
    expect(memremap.memoryFailure(2n * AT)).toEqual(ENXIO);
  });

  it('is first offered to the driver', () => {
    const { memremap } = machine();
    const seen: bigint[] = [];
    const memoryFailure = (address: bigint) => void seen.push(address);
    memremap.map(mapOf(MEMORY_DEVICE_FS_DAX, { ops: { memoryFailure } }), 0);
    const told: bigint[] = [];
    memremap.onFailure(address => told.push(address));
    expect(memremap.memoryFailure(AT)).toBeUndefined();
    expect([seen, told]).toEqual([[AT], []]);
  });
});
