import type { Device } from '../base/device.ts';
import { KERN_ERR, KERN_WARNING } from '../base/printk.ts';
import { EACCES, EBUSY, ENODEV, ENXIO, EOPNOTSUPP, isErrno, type Result, refusal } from '../lib/errno.ts';
import { byteCount } from '../lib/format.ts';
import { PAGE, PMD_SIZE } from '../lib/page.ts';
import { formatResource, formatResourceRaw } from '../resource/iomem-format.ts';
import { type Resource, releaseResource, requestRegion } from '../resource/resource.ts';
import { NdClaim } from './claim.ts';
import { NdNamespace } from './namespace.ts';

/** memremap_compat_align: a subsection of page structures. */
export const COMPAT_ALIGN = PMD_SIZE;

/**
 * nvdimm_namespace_common_probe: the namespace that a namespace, btt, pfn or dax device leads to. ENODEV when there is
 * none, it is too small or has no uuid; EBUSY when it is in raw use; ENXIO when claimed; EACCES while a DIMM is locked.
 */
export function commonProbe(device: Device): Result<NdNamespace> {
  const namespace = device instanceof NdClaim ? device.namespace : device;
  if (!(namespace instanceof NdNamespace)) return refusal(ENODEV, `${device.name} has no namespace`);
  const { name } = namespace;
  if (namespace !== device && namespace.driver)
    return refusal(EBUSY, `${name} is bound to ${namespace.driver.name}`);
  if (namespace === device && namespace.claim) return refusal(ENXIO, `${namespace.claim.name} has ${name}`);
  if (namespace.locked) return refusal(EACCES, `a DIMM of ${name} is locked`);
  if (namespace.size < PAGE) return refusal(ENODEV, `${name} has no size`);
  if (
    namespace === device &&
    namespace.mapsPages &&
    (namespace.start | (namespace.end + 1n)) % COMPAT_ALIGN !== 0n
  ) {
    namespace.log(KERN_ERR, `${formatResourceRaw(namespace)} misaligned, unable to map`);
    return refusal(EOPNOTSUPP, `${name} is no multiple of ${byteCount(COMPAT_ALIGN)}`);
  }
  if (namespace.kind === 'pmem' && namespace.uuid === undefined)
    return refusal(ENODEV, `${name} has no uuid`);
  return namespace;
}

/** devm_request_mem_region of a part of a namespace, under the namespace's name. EBUSY when it is in use. */
export function claimSpan(
  device: Device,
  namespace: NdNamespace,
  size: bigint,
  complaint = `could not reserve region ${formatResource(namespace)}`,
): Result<Resource> {
  const { iomem } = namespace.region.options;
  const claim = requestRegion(iomem, namespace.start, size, namespace.name);
  if (isErrno(claim)) {
    device.log(KERN_WARNING, complaint);
    return refusal(EBUSY, `${formatResource(namespace)} is claimed in iomem`);
  }
  device.devres.add(() => releaseResource(claim));
  return claim;
}

/** devm_namespace_enable … devm_namespace_disable: `action` runs while the start of the namespace is claimed. */
export function whileEnabled<R>(
  device: Device,
  namespace: NdNamespace,
  reserve: bigint,
  action: () => R,
): Result<R> {
  const { iomem } = namespace.region.options;
  const claim = requestRegion(iomem, namespace.start, reserve, namespace.name);
  if (isErrno(claim)) {
    device.log(KERN_WARNING, `could not reserve region ${formatResource(namespace)}`);
    return refusal(EBUSY, `${formatResource(namespace)} is claimed in iomem`);
  }
  namespace.readBadblocks();
  const result = action();
  releaseResource(claim);
  return result;
}
