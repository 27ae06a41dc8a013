import type { Errno } from '../../lib/errno.ts';
import type { Range } from '../../lib/range.ts';
import type { Altmap } from './altmap.ts';

/** include/linux/memremap.h `enum memory_type`. */
export const MEMORY_DEVICE_PRIVATE = 1;
export const MEMORY_DEVICE_COHERENT = 2;
export const MEMORY_DEVICE_FS_DAX = 3;
export const MEMORY_DEVICE_GENERIC = 4;
export const MEMORY_DEVICE_PCI_P2PDMA = 5;

/** `struct dev_pagemap_ops`. Addresses are physical. */
export interface PageMapOps {
  /** A page has no user any more. */
  readonly pageFree?: ((address: bigint) => void) | undefined;
  /** A CPU touched a page of unaddressable memory: bring it back. */
  readonly migrateToRam?: ((address: bigint) => Errno | undefined) | undefined;
  /** Answers a poisoned page itself; EOPNOTSUPP leaves it to the kernel. */
  readonly memoryFailure?: (address: bigint) => Errno | undefined;
}

/** `struct dev_pagemap`: ranges of device memory that get page structures. */
export interface PageMap {
  readonly type: number;
  readonly ranges: readonly Range[];
  /** Order of the compound pages, log2 of 4 KiB pages. */
  vmemmapShift: number;
  readonly altmap?: Altmap | undefined;
  readonly ops?: PageMapOps | undefined;
  /** Whoever may migrate the pages. */
  readonly owner?: object | undefined;
}

/** Who is told of a poisoned page of device memory. */
export interface PageMapOwner {
  /** dev_pagemap_ops.memory_failure: an errno when the page could not be taken from those who map it. */
  memoryFailure(address: bigint): Errno | undefined;
}

/** Whether each page in use holds a reference, rather than all pages from the start. */
export function countsPagesInUse({ type }: PageMap): boolean {
  return type === MEMORY_DEVICE_PRIVATE || type === MEMORY_DEVICE_COHERENT;
}

interface Requirement {
  readonly met: (pageMap: PageMap) => boolean;
  readonly warning: string;
}

const migrateToRam: Requirement = {
  met: ({ ops }) => ops?.migrateToRam !== undefined,
  warning: 'Missing migrate_to_ram method',
};
const pageFree: Requirement = {
  met: ({ ops }) => ops?.pageFree !== undefined,
  warning: 'Missing page_free method',
};
const owner: Requirement = { met: map => map.owner !== undefined, warning: 'Missing owner' };

const REQUIREMENTS: ReadonlyMap<number, readonly Requirement[]> = new Map([
  [MEMORY_DEVICE_PRIVATE, [migrateToRam, pageFree, owner]],
  [MEMORY_DEVICE_COHERENT, [pageFree, owner]],
  [MEMORY_DEVICE_FS_DAX, []],
  [MEMORY_DEVICE_GENERIC, []],
  [MEMORY_DEVICE_PCI_P2PDMA, []],
]);

/** What memremap_pages finds wrong with its argument, before it looks at any range. An unknown type is only warned about. */
export function pageMapComplaint(
  pageMap: PageMap,
): { readonly warning: string; readonly fatal: boolean } | undefined {
  if (pageMap.ranges.length === 0) return { warning: 'nr_range must be specified', fatal: true };
  const requirements = REQUIREMENTS.get(pageMap.type);
  if (!requirements) return { warning: `Invalid pgmap type ${pageMap.type}`, fatal: false };
  const missing = requirements.find(({ met }) => !met(pageMap));
  return missing && { warning: missing.warning, fatal: true };
}
