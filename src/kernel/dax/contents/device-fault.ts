import { roundUp } from '../../lib/bigint.ts';
import { PAGE, PAGE_SHIFT, PMD_SIZE, PUD_SIZE } from '../../lib/page.ts';
import type { DevDax } from '../dev-dax.ts';
import { claimedExtents, physicalAddress } from './device-translation.ts';

/** A mapping of a dax device in the address space of a process. */
export interface Vma {
  readonly start: bigint;
  /** Past the last byte. */
  readonly end: bigint;
  /** Page of the device at `start`. */
  readonly pageOffset: bigint;
  /** False under MADV_NOHUGEPAGE or PR_SET_THP_DISABLE, and without hardware for it. */
  readonly hugePages: boolean;
}

const faultSizes = ['pud', 'pmd', 'pte'] as const;
export type FaultSize = (typeof faultSizes)[number];

const BYTES: Readonly<Record<FaultSize, bigint>> = { pte: PAGE, pmd: PMD_SIZE, pud: PUD_SIZE };

/** A page table entry that a fault installed. */
export interface MappedPage {
  readonly size: FaultSize;
  readonly bytes: bigint;
  /** Virtual address of the page. */
  readonly start: bigint;
  readonly physical: bigint;
}

export type FaultAnswer = MappedPage | 'SIGBUS';

/** dev_dax_huge_fault at one size. FALLBACK asks for the next smaller one. */
function handle(dax: DevDax, vma: Vma, address: bigint, size: FaultSize): FaultAnswer | 'FALLBACK' {
  if (!dax.object.alive || !isVmaAligned(dax, vma)) return 'SIGBUS';
  const bytes = BYTES[size];
  if (bytes < dax.align) return 'SIGBUS';
  if (bytes > dax.align) return 'FALLBACK';
  const start = address - (address % bytes);
  if (start < vma.start || start + bytes > vma.end) return 'SIGBUS';
  const pageOffset = vma.pageOffset + ((start - vma.start) >> PAGE_SHIFT);
  const physical = physicalAddress(claimedExtents(dax), pageOffset, bytes);
  // A page table entry cannot hold an address below its size; a real kernel would not survive making one.
  if (physical === undefined || physical % bytes !== 0n) return 'SIGBUS';
  return { size, bytes, start, physical };
}

/** __handle_mm_fault: offers the fault to the device with the largest page first. `address` lies in the VMA. */
export function fault(dax: DevDax, vma: Vma, address: bigint): FaultAnswer {
  for (const size of vma.hugePages ? faultSizes : (['pte'] as const)) {
    const answer = handle(dax, vma, address, size);
    if (answer !== 'FALLBACK') return answer;
  }
  return 'SIGBUS';
}

/** The alignment part of check_vma, at mmap and again at every fault. */
function isVmaAligned(dax: DevDax, { start, end }: Pick<Vma, 'start' | 'end'>): boolean {
  return ((start | end) & (dax.align - 1n)) === 0n;
}

/** dev_dax_may_split: where a part may be unmapped or protected apart from the rest. */
export function maySplit(dax: DevDax, address: bigint): boolean {
  return address % dax.align === 0n;
}

/**
 * dax_get_unmapped_area: an address that is congruent to the file offset, when the aligned part of the request is large
 * enough; otherwise, and with a hint, whatever is free.
 *
 * @param unmappedArea the ordinary search: a free area of `length` bytes
 */
export function selectAddress(
  align: bigint,
  request: { readonly hint: bigint; readonly length: bigint; readonly offset: bigint },
  unmappedArea: (length: bigint) => bigint,
): bigint {
  const { hint, length, offset } = request;
  if (hint !== 0n) return hint;
  const aligned = roundUp(offset, align);
  if (offset + length - aligned < align) return unmappedArea(length);
  const area = unmappedArea(length + align);
  return area + ((offset - area) & (align - 1n));
}
