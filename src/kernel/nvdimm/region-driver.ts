import type { Device } from '../base/device.ts';
import type { Module } from '../base/module.ts';
import { KERN_ERR } from '../base/printk.ts';
import { EBUSY, ENXIO, type Errno, refusal } from '../lib/errno.ts';
import { NdNamespace } from './namespace.ts';
import { ND_DEVICE_NAMESPACE_IO, ND_DEVICE_REGION_PMEM, type NdBus, NdDriver } from './nd-bus.ts';
import type { NdRegion } from './region.ts';

/** drivers/nvdimm/region.c: an enabled region has namespaces and seeds. */
export class NdRegionDriver extends NdDriver {
  readonly types = [ND_DEVICE_REGION_PMEM];

  constructor(bus: NdBus, module: Module) {
    super(bus, 'nd_region', module);
  }

  /** nd_region_probe: EBUSY while a DIMM is being overwritten, ENXIO when its labels are needed and cannot be read. */
  override probe(device: Device): Errno | undefined {
    const region = device as NdRegion;
    for (const { dimm } of region.mappings) {
      if (dimm.security?.state === 'overwrite') return refusal(EBUSY, `${dimm.name} is being overwritten`);
      if (dimm.driver || (!dimm.locked && !dimm.labeling)) continue;
      region.log(KERN_ERR, `${dimm.name}: is ${dimm.locked ? 'locked' : 'disabled'}, failing probe`);
      return refusal(ENXIO, `${dimm.name} is ${dimm.locked ? 'locked' : 'disabled'}`);
    }
    for (const { dimm } of region.mappings) {
      if (!dimm.labels) continue;
      dimm.busy++;
      region.devres.add(() => dimm.busy--);
    }
    const { memory, module } = region.options;
    module.references++;
    region.badblocks.populate(memory.known, region.start, region.end);
    const namespaces = discoverNamespaces(region);
    region.createSeeds();
    region.namespaceSeed = namespaces[0];
    region.found = { active: namespaces.length, total: namespaces.length };
    for (const namespace of namespaces) region.ndBus.registerLater(namespace);
    return undefined;
  }

  /** nd_region_remove */
  override remove(device: Device): void {
    const region = device as NdRegion;
    for (const namespace of region.namespaces) namespace.remove();
    for (const claim of region.claims) claim.remove();
    region.namespaceSeed = undefined;
    region.bttSeed = undefined;
    region.pfnSeed = undefined;
    region.daxSeed = undefined;
    region.found = undefined;
    region.options.module.references--;
  }
}

/** create_namespaces: from the labels, or one for the whole region without them; an empty one to start with. */
function discoverNamespaces(region: NdRegion): NdNamespace[] {
  if (region.namespaceType === ND_DEVICE_NAMESPACE_IO) return [new NdNamespace(region, 'io')];
  const labelled = region.space.labels.map(label => new NdNamespace(region, 'pmem', label));
  return labelled.length > 0 ? labelled : [new NdNamespace(region, 'pmem')];
}
