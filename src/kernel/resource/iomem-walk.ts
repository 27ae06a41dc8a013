import { larger, smaller } from '../lib/bigint.ts';
import { intersection, type Range } from '../lib/range.ts';
import {
  childIndexAt,
  flagBits,
  IORES_DESC_NONE,
  IORESOURCE_BUSY,
  IORESOURCE_SYSTEM_RAM,
  type Resource,
} from './resource.ts';

const BUSY_SYSTEM_RAM = flagBits(IORESOURCE_SYSTEM_RAM, IORESOURCE_BUSY);

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

/** walk_iomem_res_desc with is_system_ram of drivers/cxl: whether the page allocator has memory in the span, or may get some. */
export function holdsSystemRam(root: Resource, start: bigint, end: bigint): boolean {
  let node: Resource | undefined = root.children[childIndexAt(root, start)];
  for (; node && node.start <= end; node = nextInOrder(node, root))
    if (node.end >= start && node.has(BUSY_SYSTEM_RAM)) return true;
  return false;
}

/** Whether one range of System RAM has the whole span. */
export function isSystemRam(root: Resource, start: bigint, end: bigint): boolean {
  const top = root.children[childIndexAt(root, start)];
  return (top?.has(IORESOURCE_SYSTEM_RAM) && top.start <= start && top.end >= end) ?? false;
}

/** What ranges of System RAM have of a span, in order of address. */
export function* systemRamIn(root: Resource, span: Range): Iterable<Range> {
  for (let i = childIndexAt(root, span.start); i < root.children.length; i++) {
    const top = root.children[i]!;
    const part = intersection(top, span);
    if (!part) return;
    if (top.has(IORESOURCE_SYSTEM_RAM)) yield part;
  }
}

type Intersection = 'DISJOINT' | 'INTERSECTS' | 'MIXED';

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
