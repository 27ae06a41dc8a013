import { type Attribute, group, parsed, ro, rw } from '../fs/attribute.ts';
import { EINVAL, ENXIO, type Errno, isErrno, type Result, refusal } from '../lib/errno.ts';
import { dec, hex } from '../lib/format.ts';
import { kstrtobool, kstrtoull } from '../lib/kstrtox.ts';
import { PAGE } from '../lib/page.ts';
import { ND_DEVICE_NAMESPACE_PMEM, type NdDevice } from './nd-bus.ts';
import type { NdRegion } from './region.ts';

const seed = (of: (region: NdRegion) => NdDevice | undefined) =>
  ro<NdRegion>(region => `${of(region)?.name ?? ''}\n`);

/** REGION_MAPPING: one file for each DIMM that a region may span. */
const MAX_MAPPINGS = 32;

const mappings: Record<string, Attribute<NdRegion>> = Object.fromEntries(
  Array.from({ length: MAX_MAPPINGS }, (_, i) => [
    `mapping${i}`,
    ro<NdRegion>(
      region => {
        const { dimm, start, size, position } = region.mappings[i]!;
        return `${dimm.name},${start},${size},${position}\n`;
      },
      { stable: true },
    ),
  ]),
);

export const regionAttributes = group<NdRegion>(
  {
    ...mappings,
    align: rw(region => hex(region.align), setAlign),
    available_size: ro(region => dec(region.space.available)),
    badblocks: ro(region => (region.driver ? region.badblocks.show() : ENXIO)),
    btt_seed: seed(region => region.bttSeed),
    dax_seed: seed(region => region.daxSeed),
    deep_flush: ro(() => dec(0), { stable: true }),
    init_namespaces: ro(({ found }) => (found ? `${found.active}/${found.total}\n` : ENXIO)),
    mappings: ro(region => dec(region.mappings.length), { stable: true }),
    max_available_extent: ro(region => dec(region.space.largestGap)),
    namespace_seed: seed(region => region.namespaceSeed),
    nstype: ro(region => dec(region.namespaceType)),
    pfn_seed: seed(region => region.pfnSeed),
    read_only: rw(
      region => dec(Number(region.readOnly)),
      parsed(kstrtobool, (region, value) => region.setReadOnly(value)),
    ),
    resource: ro(region => hex(region.start), { mode: 0o400, stable: true }),
    set_cookie: ro(showSetCookie),
    size: ro(region => dec(region.size), { stable: true }),
  },
  { visible },
);

/** set_cookie_show: the older one while no driver has read the labels of the first DIMM. */
function showSetCookie(region: NdRegion): Result<string> {
  const readLabels = region.mappings[0]?.dimm.labels !== undefined;
  const cookie = readLabels ? region.setCookie : region.options.interleaveSet?.cookie1;
  return cookie === undefined ? ENXIO : hex(cookie);
}

/** region_visible */
function visible(region: NdRegion, name: string, mode: number): number {
  const mapping = /^mapping(\d+)$/.exec(name);
  if (mapping) return Number(mapping[1]) < region.mappings.length ? mode : 0;
  const interleaved = region.options.interleaveSet !== undefined;
  if (name === 'set_cookie') return interleaved ? mode : 0;
  if (name === 'available_size')
    return interleaved || region.namespaceType === ND_DEVICE_NAMESPACE_PMEM ? mode : 0;
  if (name === 'deep_flush') return region.mappings.length > 0 ? mode : 0;
  return mode;
}

/** align_store: a power of two for each DIMM, of a page at least. */
function setAlign(region: NdRegion, text: string): Errno | undefined {
  const align = kstrtoull(text);
  if (isErrno(align)) return align;
  const ways = BigInt(region.ways);
  const each = align / ways;
  if (align % ways !== 0n || each < PAGE || (each & (each - 1n)) !== 0n || align > region.size)
    return refusal(EINVAL, `align ${align} is no power of two of at least a page for each of ${ways} DIMMs`);
  region.align = align;
  return undefined;
}
