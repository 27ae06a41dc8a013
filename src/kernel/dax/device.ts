import { KERN_INFO, KERN_WARNING } from '../base/printk.ts';
import type { MapRequest } from '../fs/file-system.ts';
import { roundUp } from '../lib/bigint.ts';
import { EBUSY, EINVAL, ENXIO, type Errno, isErrno, type Result, refusal } from '../lib/errno.ts';
import { prefixedHex } from '../lib/format.ts';
import { MAP_PRIVATE, MAP_TYPE } from '../lib/mman.ts';
import { PAGE, PAGE_SHIFT } from '../lib/page.ts';
import { rangeLength } from '../lib/range.ts';
import { MEMORY_DEVICE_GENERIC, type PageMap } from '../mm/memremap/page-map.ts';
import { releaseResource, requestRegion } from '../resource/resource.ts';
import type { DaxDescriptor } from './dax-file.ts';
import { type DevDax, formatMapping } from './dev-dax.ts';
import { DaxDriver } from './driver.ts';

/** drivers/dax/device.c: the raw range as a character device to map. */
export class DeviceDaxDriver extends DaxDriver {
  readonly kind = 'device';
  override readonly fileOperations = { mmap: daxMmap };

  override probeDax(dax: DevDax): Errno | undefined {
    return probeDeviceDax(dax);
  }
}

/**
 * dev_dax_probe: page map, iomem claims, ZONE_DEVICE, then the character device goes live. EINVAL for a stale page
 * map or a static device of several ranges, EBUSY when a range is claimed, else memremap_pages' errno. All of it hangs
 * on the device's managed resources.
 *
 * A dynamic device whose probe fails after the page map was made keeps it: every later probe is EINVAL until the
 * device is destroyed. Kernels do so since 5.17.
 */
export function probeDeviceDax(dax: DevDax): Errno | undefined {
  const pageMap = preparePageMap(dax);
  if (isErrno(pageMap)) return pageMap;
  const { memory, memremap } = dax.region.bus;
  for (const [i, range] of dax.ranges.entries()) {
    const { start } = range.allocation;
    const claim = requestRegion(memory.iomem, start, rangeLength(range.allocation), dax.name);
    if (isErrno(claim)) {
      dax.log(KERN_WARNING, `${formatMapping(i, range.allocation)} could not reserve range`);
      return refusal(EBUSY, `${formatMapping(i, range.allocation)} is claimed in iomem`);
    }
    dax.devres.add(() => releaseResource(claim));
  }
  const refused = memremap.map(pageMap, dax.numaNode);
  if (refused) return refused;
  dax.devres.add(() => memremap.unmap(pageMap));
  dax.object.alive = true;
  dax.devres.add(() => dax.kill());
  return undefined;
}

function preparePageMap(dax: DevDax): Result<PageMap> {
  const vmemmapShift = Math.log2(Number(dax.align >> PAGE_SHIFT));
  if (dax.region.static) {
    if (dax.ranges.length <= 1 && dax.pageMap) return Object.assign(dax.pageMap, { vmemmapShift });
    dax.log(KERN_WARNING, 'static pgmap / multi-range device conflict');
    return refusal(EINVAL, 'a device of persistent memory has one range');
  }
  if (dax.pageMap && dax.core.profile.dax.stalePageMaps) {
    dax.log(KERN_WARNING, 'dynamic-dax with pre-populated page map');
    return refusal(EINVAL, `an earlier probe of ${dax.name} failed and left its page map: delete the device`);
  }
  const ranges = dax.ranges.map(({ allocation }) => ({ start: allocation.start, end: allocation.end }));
  dax.pageMap = { type: MEMORY_DEVICE_GENERIC, ranges, vmemmapShift };
  return dax.pageMap;
}

/** dax_mmap and check_vma: ENXIO without a live device, EINVAL for a private or unaligned mapping, with a line in the log. */
function daxMmap({ dax, caller }: DaxDescriptor, { start, length, flags }: MapRequest): Result<undefined> {
  if (!dax.object.alive) return refusal(ENXIO, `${dax.name} has no driver`);
  const refuse = (why: string): Errno => {
    dax.log(KERN_INFO, `${caller.comm ?? 'unknown'}: ${dax.core.profile.dax.mmapFunction}: fail, ${why}`);
    return refusal(EINVAL, why);
  };
  if ((flags & MAP_TYPE) === MAP_PRIVATE) return refuse('attempted private mapping');
  const mask = dax.align - 1n;
  const end = start + roundUp(length, PAGE);
  if (((start | end) & mask) === 0n) return undefined;
  const [from, to, bits] = [start, end, mask].map(prefixedHex);
  return refuse(`unaligned vma (${from} - ${to}, ${bits})`);
}
