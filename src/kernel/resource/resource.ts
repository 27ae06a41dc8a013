import { EBUSY, EINVAL, type Errno, type Result } from '../lib/errno.ts';
import { partitionPoint } from '../lib/partition-point.ts';
import { type Range, rangeLength } from '../lib/range.ts';

/** include/linux/ioport.h `IORESOURCE_*`: unsigned 32-bit values, to be combined with {@link flagBits}. */
export const IORESOURCE_IO = 0x00000100;
export const IORESOURCE_MEM = 0x00000200;
export const IORESOURCE_PREFETCH = 0x00002000;
export const IORESOURCE_MEM_64 = 0x00100000;
export const IORESOURCE_WINDOW = 0x00200000;
export const IORESOURCE_SYSRAM = 0x01000000;
export const IORESOURCE_SYSRAM_DRIVER_MANAGED = 0x02000000;
export const IORESOURCE_DISABLED = 0x10000000;
export const IORESOURCE_UNSET = 0x20000000;
export const IORESOURCE_BUSY = 0x80000000;
export const IORESOURCE_SYSTEM_RAM = IORESOURCE_MEM | IORESOURCE_SYSRAM;

const TYPE_BITS = 0x00001f00;

/** `IORES_DESC_*`: what kind of memory a resource is. */
export const IORES_DESC_NONE = 0;
export const IORES_DESC_ACPI_TABLES = 2;
export const IORES_DESC_ACPI_NV_STORAGE = 3;
export const IORES_DESC_PERSISTENT_MEMORY = 4;
export const IORES_DESC_PERSISTENT_MEMORY_LEGACY = 5;
export const IORES_DESC_DEVICE_PRIVATE_MEMORY = 6;
export const IORES_DESC_RESERVED = 7;
export const IORES_DESC_SOFT_RESERVED = 8;
export const IORES_DESC_CXL = 9;

/** Joins flags and keeps the result unsigned, which `|` alone does not. */
export function flagBits(...flags: number[]): number {
  return flags.reduce((all, flag) => all | flag, 0) >>> 0;
}

export interface ResourceInit extends Range {
  readonly name?: string;
  readonly flags?: number;
  readonly desc?: number;
}

/** struct resource: an address range in a tree. Children lie inside, in address order, without overlaps. */
export class Resource {
  start: bigint;
  end: bigint;
  name: string | undefined;
  flags: number;
  desc: number;
  parent: Resource | undefined;
  children: Resource[] = [];

  constructor(init: ResourceInit) {
    this.start = init.start;
    this.end = init.end;
    this.name = init.name;
    this.flags = (init.flags ?? 0) >>> 0;
    this.desc = init.desc ?? IORES_DESC_NONE;
  }

  get size(): bigint {
    return rangeLength(this);
  }

  has(flags: number): boolean {
    return (this.flags & flags) >>> 0 === flags;
  }
}

/** The root of /proc/iomem: the whole address space, named `PCI mem`, never shown itself. */
export function createIomem(): Resource {
  return new Resource({ start: 0n, end: (1n << 64n) - 1n, name: 'PCI mem', flags: IORESOURCE_MEM });
}

/** Index of the first child of `parent` that ends at or after `address`; the number of children if none does. */
export function childIndexAt(parent: Resource, address: bigint): number {
  return partitionPoint(parent.children, child => child.end < address);
}

/** __request_resource: links `resource` under `parent`, or returns what is in the way (`parent` when outside of it). */
function requestConflict(parent: Resource, resource: Resource): Resource | undefined {
  if (resource.end < resource.start || resource.start < parent.start || resource.end > parent.end)
    return parent;
  const index = childIndexAt(parent, resource.start);
  const next = parent.children[index];
  if (next && next.start <= resource.end) return next;
  parent.children.splice(index, 0, resource);
  resource.parent = parent;
  return undefined;
}

/** request_resource: EBUSY on any conflict. */
export function requestResource(parent: Resource, resource: Resource): Errno | undefined {
  return requestConflict(parent, resource) ? EBUSY : undefined;
}

/**
 * __insert_resource: goes inside what is larger and takes in what is smaller; of two equal ranges the new one becomes
 * the parent. Returns what overlaps partly.
 */
function insertConflict(root: Resource, resource: Resource): Resource | undefined {
  let parent = root;
  let first = requestConflict(parent, resource);
  while (first) {
    if (first === parent) return first;
    const swallowed = first.start > resource.start || first.end < resource.end;
    if (swallowed || (first.start === resource.start && first.end === resource.end)) break;
    parent = first;
    first = requestConflict(parent, resource);
  }
  return first && adoptOverlapped(parent, resource);
}

function adoptOverlapped(parent: Resource, resource: Resource): Resource | undefined {
  const from = childIndexAt(parent, resource.start);
  let to = from;
  for (; to < parent.children.length; to++) {
    const child = parent.children[to]!;
    if (child.start > resource.end) break;
    if (child.start < resource.start || child.end > resource.end) return child;
  }
  resource.children = parent.children.splice(from, to - from, resource);
  for (const child of resource.children) child.parent = resource;
  resource.parent = parent;
  return undefined;
}

/** insert_resource: EBUSY on a partial overlap. */
export function insertResource(root: Resource, resource: Resource): Errno | undefined {
  return insertConflict(root, resource) ? EBUSY : undefined;
}

/**
 * insert_resource_expand_to_fit: on a partial overlap grows `resource` over the conflict and tries again.
 * `log` gets the line that the kernel prints for each expansion.
 */
export function insertExpandToFit(root: Resource, resource: Resource, log?: (line: string) => void): void {
  if (resource.parent) return;
  for (;;) {
    const conflict = insertConflict(root, resource);
    if (!conflict || conflict === root) return;
    if (conflict.start < resource.start) resource.start = conflict.start;
    if (conflict.end > resource.end) resource.end = conflict.end;
    log?.(`resource: Expanded resource ${resource.name} due to conflict with ${conflict.name}`);
  }
}

/**
 * __request_region: a BUSY node of the parent's type and description, made as deep as non-BUSY nodes lead.
 * EBUSY when a BUSY one is in the way or the range leaves its parent.
 */
export function requestRegion(
  root: Resource,
  start: bigint,
  size: bigint,
  name: string,
  flags = 0,
): Result<Resource> {
  const resource = new Resource({ start, end: start + size - 1n, name });
  let parent = root;
  for (;;) {
    resource.flags = flagBits(parent.flags & (TYPE_BITS | IORESOURCE_SYSRAM), IORESOURCE_BUSY, flags);
    resource.desc = parent.desc;
    const conflict = requestConflict(parent, resource);
    if (!conflict) return resource;
    if (conflict === parent || conflict.has(IORESOURCE_BUSY)) return EBUSY;
    parent = conflict;
  }
}

/** The node that holds the whole span, found by going down through non-BUSY nodes only. */
function findBusy(root: Resource, start: bigint, end: bigint): Resource | undefined {
  let parent = root;
  for (;;) {
    const child = parent.children[childIndexAt(parent, start)];
    if (!child || child.start > start || child.end < end) return undefined;
    if (child.has(IORESOURCE_BUSY)) return child;
    parent = child;
  }
}

/** release_resource: unlinks the node with everything below it. EINVAL when it is in no tree. */
export function releaseResource(resource: Resource): Errno | undefined {
  return replaceInParent(resource, []);
}

/** remove_resource: unlinks the node and lifts its children into its place. EINVAL when it is in no tree. */
export function removeResource(resource: Resource): Errno | undefined {
  const errno = replaceInParent(resource, resource.children);
  if (!errno) resource.children = [];
  return errno;
}

function replaceInParent(resource: Resource, successors: readonly Resource[]): Errno | undefined {
  const { parent } = resource;
  if (!parent) return EINVAL;
  parent.children.splice(childIndexAt(parent, resource.start), 1, ...successors);
  for (const child of successors) child.parent = parent;
  resource.parent = undefined;
  return undefined;
}

/** adjust_resource: moves the bounds. EBUSY when that leaves the parent, meets a sibling or loses a child. */
export function adjustResource(resource: Resource, start: bigint, size: bigint): Errno | undefined {
  const end = start + size - 1n;
  const { parent, children } = resource;
  if (parent) {
    if (start < parent.start || end > parent.end) return EBUSY;
    const index = childIndexAt(parent, resource.start);
    const previous = parent.children[index - 1];
    const next = parent.children[index + 1];
    if ((previous && start <= previous.end) || (next && next.start <= end)) return EBUSY;
  }
  const first = children[0];
  if (first && (first.start < start || children.at(-1)!.end > end)) return EBUSY;
  resource.start = start;
  resource.end = end;
  return undefined;
}

/**
 * release_mem_region_adjustable: gives back a part of a BUSY memory region, which is deleted, trimmed or split in two;
 * children stay with the lower part. EBUSY when children are in the way, EINVAL when there is no such region.
 */
export function releaseMemRegionAdjustable(root: Resource, start: bigint, size: bigint): Errno | undefined {
  const end = start + size - 1n;
  const found = findBusy(root, start, end);
  if (!found?.has(IORESOURCE_MEM)) return EINVAL;
  if (found.start === start && found.end === end) return releaseResource(found);
  if (found.start === start) return adjustResource(found, end + 1n, found.end - end);
  if (found.end === end) return adjustResource(found, found.start, start - found.start);
  const upper = new Resource({ start: end + 1n, end: found.end, flags: found.flags, desc: found.desc });
  upper.name = found.name;
  return adjustResource(found, found.start, start - found.start) ?? requestResource(found.parent!, upper);
}
