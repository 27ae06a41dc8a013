import { group, parsed, ro, rw, wo } from '../fs/attribute.ts';
import { EINVAL, ENXIO, isErrno, type Result, refusal } from '../lib/errno.ts';
import { dec, hex } from '../lib/format.ts';
import { kstrtobool, kstrtoull } from '../lib/kstrtox.ts';
import { type Range, rangeLength } from '../lib/range.ts';
import type { DevDax } from './dev-dax.ts';

const U64 = 64;

export const devDaxAttributes = group<DevDax>(
  {
    align: rw(dax => dec(dax.align), setAlign),
    mapping: wo(addMapping),
    memmap_on_memory: rw(
      dax => dec(Number(dax.memmapOnMemory)),
      parsed(kstrtobool, (dax, wanted) => dax.setMemmapOnMemory(wanted)),
    ),
    modalias: ro(() => 'dax:t0\n'),
    numa_node: ro(dax => dec(dax.numaNode)),
    resource: ro(dax => hex(dax.ranges[0]?.allocation.start ?? dax.region.resources.start), { mode: 0o400 }),
    size: rw(
      dax => dec(dax.size),
      parsed(kstrtoull, (dax, size) => dax.resize(size)),
    ),
    target_node: ro(dax => dec(dax.targetNode)),
  },
  { stable: true, visible },
);

/** dev_dax_visible */
function visible(dax: DevDax, name: string, mode: number): number {
  const { profile } = dax.core;
  const fixed = dax.region.static || !profile.dax.dynamicRegions;
  if (name === 'target_node' && dax.targetNode < 0) return 0;
  if (name === 'mapping' && fixed) return 0;
  if (name === 'numa_node' && !profile.dax.numaNodeAttribute) return 0;
  if (name === 'memmap_on_memory' && !profile.dax.memmapOnMemoryAttribute) return 0;
  return fixed && (name === 'size' || name === 'align') ? 0o444 : mode;
}

/** align_store: any parse failure is ENXIO. */
function setAlign(dax: DevDax, text: string) {
  const align = kstrtoull(text);
  return isErrno(align) ? refusal(ENXIO, align.reason!) : dax.setAlign(align);
}

/** mapping_store: one explicit range. Without a live region, or with a misaligned length, 6.12 says nothing. */
function addMapping(dax: DevDax, text: string): Result<number | undefined> {
  const range = parseRange(text);
  if (isErrno(range)) return range;
  const quiet = dax.core.profile.dax.mappingErrors === 'ignored';
  if (!dax.regionIsLive) return quiet ? 0 : dax.regionIsDead();
  const length = BigInt.asUintN(U64, rangeLength(range));
  if (!dax.isAligned(length)) return quiet ? undefined : refusal(ENXIO, dax.misaligned(length));
  return dax.allocRange(range.start, length);
}

/** range_parse: `START-END` in hex, the end inclusive. */
function parseRange(text: string): Result<Range> {
  const dash = text.indexOf('-');
  if (dash < 0) return refusal(EINVAL, 'a range is START-END in hexadecimal, the end inclusive');
  const start = kstrtoull(text.slice(0, dash), 16);
  if (isErrno(start)) return start;
  const end = kstrtoull(text.slice(dash + 1), 16);
  return isErrno(end) ? end : { start, end };
}
