import { type Attribute, group, rw } from '../fs/attribute.ts';
import { EINVAL, isErrno, refusal } from '../lib/errno.ts';
import { dec } from '../lib/format.ts';
import { kstrtouint, sysfsStreq } from '../lib/kstrtox.ts';
import type { MemoryManagement } from './memory-management.ts';

const DEFAULT_WEIGHT = 1;
/** u8 */
const MAX_WEIGHT = 255;

/** Weights by node; a node that is not in it has the default. */
type Weights = Map<number, number>;

/** node_store: EINVAL for what is no u8; 0 and an empty line bring the default back. */
function weightOf(node: number): Attribute<Weights> {
  return rw(
    weights => dec(weights.get(node) ?? DEFAULT_WEIGHT),
    (weights, text) => {
      const weight = sysfsStreq(text, '') ? 0 : kstrtouint(text);
      if (isErrno(weight) || weight > MAX_WEIGHT)
        return refusal(EINVAL, `a weight is between 0 (default) and ${MAX_WEIGHT}`);
      if (weight === 0) weights.delete(node);
      else weights.set(node, weight);
      return undefined;
    },
  );
}

/** mm/mempolicy.c: /sys/kernel/mm/mempolicy/weighted_interleave, a file for each possible node. */
export function addMempolicy({ core, mmDirectory, facts }: MemoryManagement): void {
  if (!core.profile.weightedInterleave) return;
  const files = Object.fromEntries(facts.nodes.map(({ id }) => [`node${id}`, weightOf(id)] as const));
  const weights: Weights = new Map();
  mmDirectory
    .addDirectory('mempolicy')
    .addDirectory('weighted_interleave')
    .attach(group(files, { stable: true }).of(weights));
}
