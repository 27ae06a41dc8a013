import { larger, smaller } from '../../kernel/lib/bigint.ts';
import { PAGE_SHIFT } from '../../kernel/lib/page.ts';
import type { Range } from '../../kernel/lib/range.ts';
import type { BootBlocks, BootZone } from '../../kernel/mm/hotplug/memory-facts.ts';
import { nodesOf, type PageRange, presentPages } from './zones.ts';

const MIN_BLOCK = 1n << 27n;
const MAX_BLOCK = 1n << 31n;
const LARGE_MEMORY = 64n << 30n;

/** acpi_parse_cfmws: the alignment that all CXL windows have, of which memory blocks should be no larger. */
export function advisedBlockSize(windows: readonly Range[]): bigint | undefined {
  if (windows.length === 0) return undefined;
  const bits = windows.reduce((all, { start, end }) => all | start | (end + 1n), 0n);
  return bits & -bits;
}

/**
 * arch/x86/mm/init_64.c probe_memory_block_size.
 *
 * @param advised the largest size that suits hotplug
 */
export function probeMemoryBlockSize(maxPfn: number, bareMetal: boolean, advised?: bigint): bigint {
  const end = BigInt(maxPfn) << PAGE_SHIFT;
  if (end < LARGE_MEMORY) return MIN_BLOCK;
  if (bareMetal && advised === undefined) return MAX_BLOCK;
  let size = larger(smaller(advised ?? MAX_BLOCK, MAX_BLOCK), MIN_BLOCK);
  while (size > MIN_BLOCK && end % size !== 0n) size >>= 1n;
  return size;
}

/** memory_dev_init: a block exists when one of its 128 MiB sections holds boot memory. */
export function bootBlocks(
  memory: readonly PageRange[],
  zones: readonly BootZone[],
  blockSizeBytes: bigint,
): readonly BootBlocks[] {
  const blockPages = Number(blockSizeBytes >> PAGE_SHIFT);
  const runs: BootBlocks[] = [];
  for (const { first, last } of cutRuns(memory, zones, blockPages)) {
    const run = describe(first, last, memory, zones, blockPages);
    const previous = runs.at(-1);
    if (previous && previous.last === first - 1 && alike(previous, run)) {
      runs[runs.length - 1] = { ...previous, last };
    } else {
      runs.push(run);
    }
  }
  return runs;
}

/** Cuts the blocks with memory where anything changes: at the ends of memory ranges and of zones. */
function cutRuns(
  memory: readonly PageRange[],
  zones: readonly BootZone[],
  blockPages: number,
): readonly { readonly first: number; readonly last: number }[] {
  const cuts = new Set<number>();
  const edges = [
    ...memory.flatMap(({ first, past }) => [first, past]),
    ...zones.flatMap(({ startPfn, spannedPages }) => [startPfn, startPfn + spannedPages]),
  ];
  for (const pfn of edges) {
    cuts.add(Math.floor(pfn / blockPages));
    cuts.add(Math.ceil(pfn / blockPages));
    cuts.add(Math.floor(pfn / blockPages) + 1);
  }
  const sorted = [...cuts].sort((a, b) => a - b);
  return sorted
    .slice(0, -1)
    .map((first, index) => ({ first, last: sorted[index + 1]! - 1 }))
    .filter(({ first, last }) => presentPages(memory, first * blockPages, (last + 1) * blockPages) > 0);
}

/** All blocks of a cut are alike, so its first one tells. */
function describe(
  first: number,
  last: number,
  memory: readonly PageRange[],
  zones: readonly BootZone[],
  blockPages: number,
): BootBlocks {
  const start = first * blockPages;
  const past = start + blockPages;
  const own = memory.filter(range => range.first < past && range.past > start);
  const nodes = nodesOf(own);
  const crossed = zones.filter(
    zone => nodes.includes(zone.node) && zone.startPfn < past && zone.startPfn + zone.spannedPages > start,
  );
  return {
    first,
    last,
    nodes,
    // early_node_zone_for_memory_block, and memory_block_add_nid for the second node of a block.
    zone: nodes.length === 1 && crossed.length === 1 ? crossed[0]!.name : null,
    presentPages: presentPages(own, start, past),
  };
}

function alike(a: BootBlocks, b: BootBlocks): boolean {
  return a.zone === b.zone && a.presentPages === b.presentPages && a.nodes.join() === b.nodes.join();
}
