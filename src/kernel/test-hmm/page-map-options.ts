import { EINVAL, isErrno, type Result } from '../lib/errno.ts';
import { kstrtouint } from '../lib/kstrtox.ts';
import { PAGE_SHIFT } from '../lib/page.ts';
import { rangeLength } from '../lib/range.ts';
import type { PageMap } from '../mm/memremap/page-map.ts';

/** Makes the argument of memremap_pages another one, right or wrong. */
export type Alter = (pageMap: PageMap) => PageMap;

/** Ranges of a chunk that still are a subsection each. */
const MAX_RANGES = 128;

/** PGMAP_ALTMAP_VALID */
const ALTMAP_VALID = 1;

/** Pieces of equal size in place of the whole; none at all for 0. */
function divided(pageMap: PageMap, count: number): PageMap {
  const [whole] = pageMap.ranges;
  if (!whole || count === 0) return { ...pageMap, ranges: [] };
  const size = rangeLength(whole) / BigInt(count);
  const ranges = Array.from({ length: count }, (_, i) => {
    const start = whole.start + BigInt(i) * size;
    return { start, end: start + size - 1n };
  });
  return { ...pageMap, ranges };
}

/** Page structures from the first pages of the memory itself, of which there are so many free. */
function withAltmap(pageMap: PageMap, free: number): PageMap {
  const start = pageMap.ranges[0]?.start ?? 0n;
  return { ...pageMap, altmap: { basePfn: Number(start >> PAGE_SHIFT), reserve: 0, free, alloc: 0 } };
}

/** An altmap counts only with its flag. */
function withFlags(pageMap: PageMap, flags: number): PageMap {
  return (flags & ALTMAP_VALID) !== 0 ? pageMap : { ...pageMap, altmap: undefined };
}

const NUMBERED: Readonly<Record<string, (pageMap: PageMap, value: number) => PageMap>> = {
  type: (pageMap, type) => ({ ...pageMap, type }),
  ranges: divided,
  altmap: withAltmap,
  base: (pageMap, page) =>
    pageMap.altmap ? { ...pageMap, altmap: { ...pageMap.altmap, basePfn: page } } : pageMap,
  flags: withFlags,
};

const LEFT_OUT: Readonly<Record<string, Alter>> = {
  owner: pageMap => ({ ...pageMap, owner: undefined }),
  ops: pageMap => ({ ...pageMap, ops: undefined }),
  migrate_to_ram: pageMap => ({ ...pageMap, ops: { ...pageMap.ops, migrateToRam: undefined } }),
  page_free: pageMap => ({ ...pageMap, ops: { ...pageMap.ops, pageFree: undefined } }),
};

/**
 * Words that alter the argument, in their order: `no=owner|ops|migrate_to_ram|page_free`, `type=N`, `ranges=N` of equal size, up to 128,
 * `altmap=FREE_PAGES`, `base=PFN` of the altmap, `flags=N` (1: the altmap is valid). EINVAL for any other.
 */
export function parsePageMapOptions(words: readonly string[]): Result<Alter> {
  const alters: Alter[] = [];
  for (const word of words) {
    const [name = '', value = ''] = word.split('=');
    const alter = name === 'no' ? own(LEFT_OUT, value) : numbered(name, value);
    if (!alter) return EINVAL;
    alters.push(alter);
  }
  return pageMap => alters.reduce((altered, alter) => alter(altered), pageMap);
}

function numbered(name: string, text: string): Alter | undefined {
  const set = own(NUMBERED, name);
  const value = kstrtouint(text);
  if (!set || isErrno(value) || (name === 'ranges' && value > MAX_RANGES)) return undefined;
  return pageMap => set(pageMap, value);
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
