import { type Attribute, group, parsed, ro, rw } from '../fs/attribute.ts';
import { ENXIO } from '../lib/errno.ts';
import { dec, hex } from '../lib/format.ts';
import { kstrtobool, kstrtoint, kstrtouint, kstrtoull, stripNewline } from '../lib/kstrtox.ts';
import { CXL_CONFIG_COMMIT, type CxlRegion } from './region.ts';

const NO_RESOURCE = (1n << 64n) - 1n;

export const regionAttributes = group<CxlRegion>({
  commit: rw(
    region => dec(Number(region.state === CXL_CONFIG_COMMIT)),
    parsed(kstrtobool, (region, commit) => region.setCommitted(commit)),
  ),
  interleave_granularity: rw(
    region => dec(region.granularity),
    parsed(kstrtoint, (region, bytes) => region.setGranularity(bytes)),
  ),
  interleave_ways: rw(
    region => dec(region.ways),
    parsed(kstrtouint, (region, ways) => region.setWays(ways)),
  ),
  mode: ro(region => `${region.mode}\n`),
  resource: ro(region => hex(region.resource?.start ?? NO_RESOURCE)),
  size: rw(
    region => hex(region.resource?.size ?? 0n),
    parsed(kstrtoull, (region, size) => region.setSize(size)),
  ),
  // Tools expect it of every region; only one of persistent memory has a uuid.
  uuid: ro(() => '\n'),
});

/** `target0` … `targetN-1`: the decoder at each position; an empty line detaches it. */
export function targetAttributes(ways: number) {
  const attributes: Record<string, Attribute<CxlRegion>> = {};
  for (let position = 0; position < ways; position++) {
    attributes[`target${position}`] = rw(
      region => (position < region.ways ? `${region.targets[position]?.name ?? ''}\n` : ENXIO),
      (region, text) => {
        const name = stripNewline(text);
        return name === '' ? region.detachAt(position) : region.attachByName(name, position);
      },
    );
  }
  return group<CxlRegion>(attributes);
}
