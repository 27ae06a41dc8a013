import { larger, smaller } from '../lib/bigint.ts';
import {
  childIndexAt,
  flagBits,
  IORES_DESC_NONE,
  IORESOURCE_BUSY,
  IORESOURCE_SYSTEM_RAM,
  type Resource,
} from './resource.ts';

/** A part of a matching resource that lies in the span asked for. */
export interface ResourceSpan {
  readonly start: bigint;
  /** Last byte, included. */
  readonly end: bigint;
  readonly resource: Resource;
}

export interface PfnSpan {
  readonly pfn: number;
  readonly pages: number;
}

const PAGE_SHIFT = 12n;
const BOOT_SYSTEM_RAM = flagBits(IORESOURCE_SYSTEM_RAM, IORESOURCE_BUSY);

function matches(resource: Resource, flags: number, desc: number): boolean {
  return resource.has(flags) && (desc === IORES_DESC_NONE || resource.desc === desc);
}

/** The node after `resource` in pre-order, below `root`. */
function nextInOrder(resource: Resource, root: Resource): Resource | undefined {
  if (resource.children[0]) return resource.children[0];
  for (let node = resource; node !== root; node = node.parent!) {
    const siblings = node.parent!.children;
    const next = siblings[childIndexAt(node.parent!, node.start) + 1];
    if (next) return next;
  }
  return undefined;
}

/** find_next_iomem_res: the first resource in pre-order that has all `flags` and the `desc` (0: any), clipped. */
export function findNextResource(
  root: Resource,
  start: bigint,
  end: bigint,
  flags: number,
  desc = IORES_DESC_NONE,
): ResourceSpan | undefined {
  let node: Resource | undefined = root.children[childIndexAt(root, start)];
  for (; node && node.start <= end; node = nextInOrder(node, root)) {
    if (node.end < start || !matches(node, flags, desc)) continue;
    return {
      start: larger(node.start, start),
      end: smaller(node.end, end),
      resource: node,
    };
  }
  return undefined;
}

/** walk_iomem_res_desc: every match, ascending. A span of a single byte is not looked at. */
export function* walkResources(
  root: Resource,
  start: bigint,
  end: bigint,
  flags: number,
  desc = IORES_DESC_NONE,
): Generator<ResourceSpan> {
  for (let from = start; from < end; ) {
    const found = findNextResource(root, from, end, flags, desc);
    if (!found) return;
    from = found.end + 1n;
    yield found;
  }
}

/** walk_system_ram_res: memory that the page allocator has or may get. */
export function walkSystemRam(root: Resource, start: bigint, end: bigint): Generator<ResourceSpan> {
  return walkResources(root, start, end, BOOT_SYSTEM_RAM);
}

/** walk_system_ram_range: the whole pages of System RAM in `pages` pages from `pfn`. */
export function* walkSystemRamPages(root: Resource, pfn: number, pages: number): Generator<PfnSpan> {
  const start = BigInt(pfn) << PAGE_SHIFT;
  const end = (BigInt(pfn + pages) << PAGE_SHIFT) - 1n;
  for (const found of walkSystemRam(root, start, end)) {
    const first = Number((found.start + (1n << PAGE_SHIFT) - 1n) >> PAGE_SHIFT);
    const past = Number((found.end + 1n) >> PAGE_SHIFT);
    if (past > first) yield { pfn: first, pages: past - first };
  }
}

export type Intersection = 'DISJOINT' | 'INTERSECTS' | 'MIXED';

/**
 * region_intersects: whether the claimed part of a span is all of one kind. Unclaimed space does not count; a node of
 * another kind does, unless its matching descendants cover it.
 */
export function regionIntersects(
  root: Resource,
  start: bigint,
  size: bigint,
  flags: number,
  desc = IORES_DESC_NONE,
): Intersection {
  const end = start + size - 1n;
  let hit = false;
  let other = false;
  for (let i = childIndexAt(root, start); i < root.children.length; i++) {
    const top = root.children[i]!;
    if (top.start > end) break;
    if (matches(top, flags, desc)) {
      hit = true;
      continue;
    }
    const inside = coverage(top, start, end, flags, desc);
    hit ||= inside !== 'DISJOINT';
    other ||= inside !== 'INTERSECTS';
  }
  if (!hit) return 'DISJOINT';
  return other ? 'MIXED' : 'INTERSECTS';
}

function coverage(top: Resource, start: bigint, end: bigint, flags: number, desc: number): Intersection {
  const last = smaller(end, top.end);
  let from = larger(start, top.start);
  let hit = false;
  for (let node = nextInOrder(top, top); node; node = nextInOrder(node, top)) {
    if (node.end < start || node.start > end || !matches(node, flags, desc)) continue;
    hit = true;
    if (node.start > from) break;
    if (node.end >= last) return 'INTERSECTS';
    if (node.end >= from) from = node.end + 1n;
  }
  return hit ? 'MIXED' : 'DISJOINT';
}
