import { KERN_ERR } from '../base/printk.ts';
import type { DevDax } from '../dax/dev-dax.ts';
import { group, ro } from '../fs/attribute.ts';
import { EIO, type Errno } from '../lib/errno.ts';
import { dec } from '../lib/format.ts';
import type { NvdimmSubsystem } from './nvdimm.ts';

const policyAttributes = group<{ readonly repMovRecoverable: boolean }>({
  rep_mov_recoverable: ro(policy => dec(Number(policy.repMovRecoverable))),
});

/**
 * An extension that no kernel has, after what was asked for on the way to kmem in 5.1: memory with errors that nobody
 * has cleared is not given to the page allocator. With it on, kmem refuses a persistent device (EIO) while a known error
 * lies in it, or while the platform can scrub and no scrub has come to its end; and /sys/bus/dax/rep_mov_recoverable
 * tells whether a program survives the consumption of an error that is met all the same.
 */
export function applyPoisonPolicy(subsystem: NvdimmSubsystem): void {
  const { services } = subsystem;
  const policy = services.features?.poisonPolicy;
  if (!policy) return;
  services.dax.directory.attach(policyAttributes.of(policy));
  services.dax.refuse = (dax, driver) =>
    driver.kind === 'kmem' && dax.region.static ? refusal(subsystem, dax) : undefined;
}

function refusal({ memory, scrub }: NvdimmSubsystem, dax: DevDax): Errno | undefined {
  if (scrub && (scrub.running || scrub.count === 0)) {
    dax.log(KERN_ERR, 'not given to the system before a scrub has looked at it');
    return EIO;
  }
  const bad = dax.ranges.flatMap(({ allocation }) => memory.known.within(allocation.start, allocation.end));
  if (bad.length === 0) return undefined;
  dax.log(
    KERN_ERR,
    `not given to the system: ${bad.length} uncleared media error${bad.length > 1 ? 's' : ''}`,
  );
  return EIO;
}
