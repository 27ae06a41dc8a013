import { group, ro } from '../fs/attribute.ts';
import type { Directory } from '../fs/directory.ts';
import { bitmapWords, dec, listRanges } from '../lib/format.ts';

const LINE_BYTES = 64;

interface CacheKind {
  readonly level: number;
  readonly type: 'Data' | 'Instruction' | 'Unified';
  readonly kib: number;
  readonly ways: number;
  /** Of the whole package; otherwise of one CPU. */
  readonly shared: boolean;
}

/** Those of an emulated processor. */
const CACHES: readonly CacheKind[] = [
  { level: 1, type: 'Data', kib: 32, ways: 8, shared: false },
  { level: 1, type: 'Instruction', kib: 32, ways: 8, shared: false },
  { level: 2, type: 'Unified', kib: 4096, ways: 16, shared: false },
  { level: 3, type: 'Unified', kib: 16384, ways: 16, shared: true },
];

/** A cache as one of its CPUs sees it. */
interface Cache extends CacheKind {
  /** Among those of its level and type. */
  readonly id: number;
  readonly cpus: readonly number[];
  /** Bits of a CPU mask. */
  readonly bits: number;
}

const cacheAttributes = group<Cache>(
  {
    coherency_line_size: ro(() => dec(LINE_BYTES)),
    id: ro(cache => dec(cache.id)),
    level: ro(cache => dec(cache.level)),
    number_of_sets: ro(({ kib, ways }) => dec((kib * 1024) / ways / LINE_BYTES)),
    physical_line_partition: ro(() => dec(1)),
    shared_cpu_list: ro(cache => `${listRanges(cache.cpus)}\n`),
    shared_cpu_map: ro(cache => `${bitmapWords(cache.cpus, cache.bits)}\n`),
    size: ro(cache => `${cache.kib}K\n`),
    type: ro(cache => `${cache.type}\n`),
    ways_of_associativity: ro(cache => dec(cache.ways)),
  },
  { stable: true },
);

/** A CPU, and its package by its place among them. */
export interface CachedCpu {
  readonly id: number;
  readonly place: { readonly index: number; readonly cpus: readonly number[] };
  readonly count: number;
}

/** drivers/base/cacheinfo.c: cpuN/cache. */
export function addCaches(directory: Directory, { id, place, count }: CachedCpu): void {
  const caches = directory.addDirectory('cache');
  for (const [index, kind] of CACHES.entries()) {
    const cache = {
      ...kind,
      id: kind.shared ? place.index : id,
      cpus: kind.shared ? place.cpus : [id],
      bits: count,
    };
    caches.addDirectory(`index${index}`).attach(cacheAttributes.of(cache));
  }
}
