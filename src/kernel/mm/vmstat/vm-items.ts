import type { CounterNames } from '../../releases/counters.ts';

/** Counters of page allocations by node, which stand between those of zones and of nodes. */
const NUMA_ITEMS = ['numa_hit', 'numa_miss', 'numa_foreign', 'numa_interleave', 'numa_local', 'numa_other'];

/** Pages of a free block as large as a pageblock. */
const PAGEBLOCK_PAGES = 512;

/** Counters as text. Nothing runs on the simulated machine that would move one, those of free pages excepted, which are apart. */
interface IdleCounters {
  /** As /proc/zoneinfo has those of a zone, and before the first zone those of its node. */
  readonly zone: string;
  readonly node: string;
  /** `nodeN/vmstat` */
  readonly vmstat: string;
}

export const vmItem = (name: string, value: number): string => `\n      ${name.padEnd(12)} ${value}`;

const made = new WeakMap<CounterNames, IdleCounters>();

/** mm/vmstat.c vmstat_text, after what counts free pages. */
export function idleCounters(names: CounterNames): IdleCounters {
  let idle = made.get(names);
  if (!idle) {
    const zone = [...names.zone.filter(name => !name.startsWith('nr_free_pages')), ...NUMA_ITEMS];
    const zeros = (items: readonly string[]) => items.map(name => vmItem(name, 0)).join('');
    idle = {
      zone: zeros(zone),
      node: zeros(names.node),
      vmstat: [...zone, ...names.node].map(name => `${name} 0\n`).join(''),
    };
    made.set(names, idle);
  }
  return idle;
}

/** The counters of free pages, which all zones begin with. */
export function freeItems(names: CounterNames, free: number): [name: string, value: number][] {
  const items: [string, number][] = [['nr_free_pages', free]];
  if (names.zone.includes('nr_free_pages_blocks'))
    items.push(['nr_free_pages_blocks', free - (free % PAGEBLOCK_PAGES)]);
  return items;
}
