import { MAX_ORDER_NR_PAGES, PAGE_SHIFT } from '../../kernel/lib/page.ts';
import { type BootParameter, lastValue, memparse } from '../cmdline.ts';
import { nodesOf, type PageRange } from './zones.ts';

/** What the command line says of ZONE_MOVABLE in boot memory. */
export interface MovableOptions {
  /** `movable_node` */
  readonly node: boolean;
  /** `kernelcore=mirror`: no memory is mirrored here, so there is no ZONE_MOVABLE. */
  readonly mirror: boolean;
  /** `kernelcore=` and `movablecore=`, pages of all those given. */
  readonly kernelCore: (totalPages: number) => number;
  readonly movableCore: (totalPages: number) => number;
}

export function movableOptions(parameters: readonly BootParameter[]): MovableOptions {
  const given = (name: string) => parameters.filter(parameter => parameter.name === name);
  return {
    node: given('movable_node').length > 0,
    mirror: given('kernelcore').some(({ value }) => value?.split(',').includes('mirror')),
    kernelCore: core(lastValue(parameters, 'kernelcore')),
    movableCore: core(lastValue(parameters, 'movablecore')),
  };
}

/** cmdline_parse_core: bytes, or a percentage of all pages. */
function core(text = ''): (totalPages: number) => number {
  const { value, rest } = memparse(text) ?? { value: 0n, rest: '' };
  if (rest.startsWith('%')) return total => Math.floor((total * Number(value)) / 100);
  return () => Number(value >> PAGE_SHIFT);
}

/** ZONE_MOVABLE starts, and is measured, in such runs. */
function wholeRuns(pages: number): number {
  return Math.ceil(pages / MAX_ORDER_NR_PAGES) * MAX_ORDER_NR_PAGES;
}

/**
 * find_zone_movable_pfns_for_nodes: where ZONE_MOVABLE starts on each node that has one.
 * @param hotpluggable boot memory that the SRAT says may be taken away
 * @param lowest the first page that may be Movable: the start of the highest zone
 */
export function movableStarts(
  memory: readonly PageRange[],
  hotpluggable: readonly PageRange[],
  lowest: number,
  options: MovableOptions,
): ReadonlyMap<number, number> {
  const starts = new Map<number, number>();
  if (options.node) {
    for (const { node, first } of hotpluggable) starts.set(node, Math.min(first, starts.get(node) ?? first));
  } else if (!options.mirror) {
    spreadKernelCore(memory, lowest, options, starts);
  }
  for (const [node, start] of starts) {
    const aligned = wholeRuns(start);
    const past = memory.findLast(range => range.node === node)!.past;
    if (aligned < past) starts.set(node, aligned);
    else starts.delete(node);
  }
  return starts;
}

/** The kernel's share of memory is spread over the nodes as evenly as they have it; the rest of each is Movable. */
function spreadKernelCore(
  memory: readonly PageRange[],
  lowest: number,
  { kernelCore, movableCore }: MovableOptions,
  starts: Map<number, number>,
): void {
  const total = memory.reduce((pages, { first, past }) => pages + past - first, 0);
  let required = kernelCore(total);
  const movable = wholeRuns(movableCore(total));
  if (movable > 0) required = Math.max(required, total - Math.min(movable, total));
  if (required === 0 || required >= total) return;
  const nodes = nodesOf(memory);
  let usable = nodes.length;
  do {
    let share = Math.floor(required / usable);
    for (const node of nodes) {
      if (required < share) share = Math.floor(required / usable);
      const own = memory.filter(range => range.node === node);
      const { pages, start } = takeKernelCore(own, starts.get(node) ?? 0, lowest, share);
      starts.set(node, start);
      required = Math.max(0, required - pages);
    }
    usable--;
  } while (usable > 0 && required > usable);
}

/** Gives the kernel `share` pages of a node from `from` on: how many these are with all below `lowest`, and where they end. */
function takeKernelCore(own: readonly PageRange[], from: number, lowest: number, share: number) {
  let pages = 0;
  let start = from;
  for (const { first, past } of own) {
    const begin = Math.max(first, start);
    if (begin >= past) continue;
    const low = Math.max(0, Math.min(past, lowest) - begin);
    const high = Math.min(past - begin - low, Math.max(0, share - pages - low));
    pages += low + high;
    start = begin + low + high;
    if (past > lowest && pages >= share) break;
  }
  return { pages, start };
}
