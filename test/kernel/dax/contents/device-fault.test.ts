import { describe, expect, it } from 'vitest';
import {
  fault,
  maySplit,
  selectAddress,
  type Vma,
} from '../../../../src/kernel/dax/contents/device-fault.ts';
import { claimedExtents, physicalAddress } from '../../../../src/kernel/dax/contents/device-translation.ts';
import { GIB, MIB } from '../../mm/device-memory.ts';
import { DaxMachine, REGION_START } from '../machine.ts';

const BASE = 0x7f00_0000_0000n;
const PTE = 4096n;
const PMD = 2n * MIB;

function vma(size: bigint, rest: Partial<Vma> = {}): Vma {
  return { start: BASE, end: BASE + size, pageOffset: 0n, hugePages: true, ...rest };
}

/** dax0.0 with the given align, bound. */
function aligned(align: bigint, size = 4n * GIB) {
  const machine = new DaxMachine(size);
  machine.unbind();
  expect(machine.dax().setAlign(align)).toBeUndefined();
  expect(machine.bind()).toBeUndefined();
  return { machine, dax: machine.dax() };
}

describe('a fault on a device of 2 MiB pages', () => {
  it('maps the naturally aligned 2 MiB, falling back from 1 GiB', () => {
    const { dax } = aligned(PMD);
    expect(fault(dax, vma(GIB), BASE + 3n * MIB)).toEqual({
      size: 'pmd',
      bytes: PMD,
      start: BASE + PMD,
      physical: REGION_START + PMD,
    });
  });

  it('is SIGBUS where huge pages are forbidden: only 4 KiB are offered then', () => {
    const { dax } = aligned(PMD);
    expect(fault(dax, vma(GIB, { hugePages: false }), BASE)).toBe('SIGBUS');
  });

  it('is SIGBUS past the end of the device, not before', () => {
    const { dax } = aligned(PMD, 4n * MIB);
    const mapping = vma(8n * MIB);
    expect(fault(dax, mapping, BASE + 4n * MIB - 1n)).toMatchObject({ physical: REGION_START + PMD });
    expect(fault(dax, mapping, BASE + 4n * MIB)).toBe('SIGBUS');
  });

  it('is SIGBUS at an offset of 1 TiB, which mmap accepts', () => {
    const { dax } = aligned(PMD);
    expect(fault(dax, vma(PMD, { pageOffset: 1n << 28n }), BASE)).toBe('SIGBUS');
  });

  it('is SIGBUS when the offset is no multiple of 2 MiB', () => {
    const { dax } = aligned(PMD);
    expect(fault(dax, vma(PMD, { pageOffset: 1n }), BASE)).toBe('SIGBUS');
  });

  it('is SIGBUS after the driver let go', () => {
    const { machine, dax } = aligned(PMD);
    machine.unbind();
    expect(fault(dax, vma(GIB), BASE)).toBe('SIGBUS');
  });

  it('is SIGBUS when the mapping no longer suits the alignment of the device', () => {
    const { machine, dax } = aligned(PMD);
    machine.unbind();
    dax.setAlign(GIB);
    machine.bind();
    expect(fault(dax, vma(PMD), BASE)).toBe('SIGBUS');
  });
});

describe('a fault on a device of 4 KiB pages', () => {
  it('maps 4 KiB, with and without huge pages', () => {
    const { dax } = aligned(PTE);
    for (const hugePages of [true, false])
      expect(fault(dax, vma(PTE, { hugePages, pageOffset: 5n }), BASE + 9n)).toEqual({
        size: 'pte',
        bytes: PTE,
        start: BASE,
        physical: REGION_START + 5n * PTE,
      });
  });
});

describe('a fault on a device of 1 GiB pages', () => {
  it('maps 1 GiB', () => {
    const { dax } = aligned(GIB);
    const start = BASE + GIB - (BASE % GIB);
    const mapping = { ...vma(0n), start, end: start + 2n * GIB };
    expect(fault(dax, mapping, start + GIB + 1n)).toMatchObject({
      size: 'pud',
      physical: REGION_START + GIB,
    });
  });

  it('is SIGBUS where the page would leave the mapping', () => {
    const { dax } = aligned(GIB);
    expect(fault(dax, { ...vma(GIB), start: BASE + PMD, end: BASE + PMD + GIB }, BASE + PMD)).toBe('SIGBUS');
  });
});

describe('the translation of offsets', () => {
  /** dax0.0 = first GiB and third GiB; dax0.1 = the second. */
  function split() {
    const machine = new DaxMachine(4n * GIB);
    machine.unbind();
    const dax = machine.dax();
    dax.resize(GIB);
    dax.region.create();
    machine.dax('dax0.1').resize(GIB);
    dax.resize(2n * GIB);
    machine.bind();
    return { machine, dax };
  }

  it('finds the range of a page offset', () => {
    const { dax } = split();
    const extents = claimedExtents(dax);
    expect(physicalAddress(extents, (GIB >> 12n) - 1n, PTE)).toBe(REGION_START + GIB - PTE);
    expect(physicalAddress(extents, GIB >> 12n, PTE)).toBe(REGION_START + 2n * GIB);
    expect(physicalAddress(extents, (2n * GIB) >> 12n, PTE)).toBeUndefined();
  });

  it('never lets a page straddle two ranges, even when they follow each other', () => {
    const extents = [
      { pageOffset: 0n, start: 0n, end: MIB - 1n },
      { pageOffset: MIB >> 12n, start: MIB, end: PMD - 1n },
    ];
    expect(physicalAddress(extents, 0n, PMD)).toBeUndefined();
    expect(physicalAddress(extents, 0n, MIB)).toBe(0n);
  });

  it('does not serve a range that was added while the driver had the device', () => {
    const { dax } = split();
    const start = REGION_START + 3n * GIB;
    expect(dax.allocRange(start, GIB)).toBeUndefined();
    expect(dax.size).toBe(3n * GIB);
    expect(physicalAddress(claimedExtents(dax), (2n * GIB) >> 12n, PTE)).toBeUndefined();
    expect(fault(dax, vma(3n * GIB), BASE + 2n * GIB)).toBe('SIGBUS');
  });
});

describe('the choice of an address', () => {
  const anywhere = (address: bigint) => {
    const asked: bigint[] = [];
    const find = (length: bigint) => {
      asked.push(length);
      return address;
    };
    return { asked, find };
  };

  it('searches for one alignment more, and shifts to be congruent to the offset', () => {
    const { asked, find } = anywhere(BASE + 0x5000n);
    const chosen = selectAddress(PMD, { hint: 0n, length: 4n * MIB, offset: MIB }, find);
    expect(asked).toEqual([6n * MIB]);
    expect((chosen - MIB) % PMD).toBe(0n);
    expect(chosen - BASE).toBeLessThan(PMD + 0x5000n);
  });

  it('is the ordinary one when less than one alignment remains after aligning the offset', () => {
    const { asked, find } = anywhere(BASE + 0x5000n);
    expect(selectAddress(PMD, { hint: 0n, length: PMD, offset: MIB + PTE }, find)).toBe(BASE + 0x5000n);
    expect(asked).toEqual([PMD]);
  });

  it('is the hint when there is one', () => {
    const { asked, find } = anywhere(0n);
    expect(selectAddress(PMD, { hint: 0x1234000n, length: PMD, offset: 0n }, find)).toBe(0x1234000n);
    expect(asked).toEqual([]);
  });
});

describe('splitting a mapping', () => {
  it('is possible at multiples of the alignment', () => {
    const { dax } = aligned(PMD);
    expect([BASE, BASE + PMD, BASE + PTE].map(address => maySplit(dax, address))).toEqual([
      true,
      true,
      false,
    ]);
  });
});
