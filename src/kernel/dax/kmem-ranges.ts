import type { OnlineType } from '../base/memory/online-type.ts';
import { KERN_WARNING } from '../base/printk.ts';
import { EBUSY, type Errno, isErrno, refusal } from '../lib/errno.ts';
import { type Range, rangeLength } from '../lib/range.ts';
import { IORESOURCE_SYSTEM_RAM, type Resource, removeResource, requestRegion } from '../resource/resource.ts';
import { type DevDax, formatMapping } from './dev-dax.ts';
import type { KmemData } from './kmem.ts';

/**
 * Claims the ranges of a device and adds them as memory that goes online as told. EBUSY when the first is claimed, else
 * add_memory's errno; once a range was added, one that cannot be is only warned about. Since 7.3 all are claimed first.
 */
export function addRanges(dax: DevDax, data: KmemData, online: OnlineType): Errno | undefined {
  const { resources, spans } = data;
  if (dax.core.profile.dax.kmemState) {
    for (const [i, span] of spans)
      if (!claim(dax, data, i, span) && resources.size === 0) return claimed(i, span);
    for (const [i, span] of spans) {
      const refused = resources.has(i) && add(dax, data, i, span, online);
      if (refused && resources.size === 0) return refused;
    }
    return undefined;
  }
  for (const [i, span] of spans) {
    const refused = claim(dax, data, i, span) ? add(dax, data, i, span, online) : claimed(i, span);
    if (refused && resources.size === 0) return refused;
  }
  return undefined;
}

function claimed(i: number, span: Range): Errno {
  return refusal(EBUSY, `${formatMapping(i, span)} is claimed in iomem`);
}

function claim(dax: DevDax, { resources }: KmemData, i: number, span: Range): Resource | undefined {
  const { iomem } = dax.region.bus.memory;
  const resource = requestRegion(iomem, span.start, rangeLength(span), dax.name);
  if (isErrno(resource)) {
    dax.log(KERN_WARNING, `${formatMapping(i, span)} could not reserve region`);
    return undefined;
  }
  // Not BUSY, so that the memory itself can be claimed inside.
  resource.flags = IORESOURCE_SYSTEM_RAM;
  resources.set(i, resource);
  return resource;
}

function add(
  dax: DevDax,
  { group, resources }: KmemData,
  i: number,
  span: Range,
  online: OnlineType,
): Errno | undefined {
  const { kmemResourceName } = dax.core.profile.dax;
  const { memmapOnMemory } = dax;
  const refused = dax.region.bus.memory.hotplug.addDriverManaged(
    group!,
    span.start,
    rangeLength(span),
    kmemResourceName,
    { memmapOnMemory, online },
  );
  if (!refused) return undefined;
  dax.log(KERN_WARNING, `${formatMapping(i, span)} memory add failed`);
  removeResource(resources.get(i)!);
  resources.delete(i);
  return refused;
}
