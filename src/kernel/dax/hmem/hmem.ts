import type { Device } from '../../base/device.ts';
import { Driver } from '../../base/driver.ts';
import type { Module, ModuleDefinition } from '../../base/module.ts';
import { bool, type ModuleParameter, type ModuleParameters } from '../../base/module-parameters.ts';
import { type PlatformBus, PlatformDevice } from '../../base/platform.ts';
import { ENOMEM, type Errno, isErrno } from '../../lib/errno.ts';
import type { IdAllocator } from '../../lib/id-allocator.ts';
import { PMD_SIZE } from '../../lib/page.ts';
import { byStart, overlap, type Range, rangeLength } from '../../lib/range.ts';
import { regionIntersects } from '../../resource/iomem-walk.ts';
import {
  IORES_DESC_CXL,
  IORES_DESC_SOFT_RESERVED,
  IORESOURCE_MEM,
  insertResource,
  Resource,
} from '../../resource/resource.ts';
import type { DaxBus } from '../bus.ts';
import { createDevDax } from '../dev-dax.ts';
import { allocDaxRegion } from '../region.ts';

/** A range of "specific purpose" memory and the node it would be. */
export interface SoftReserved extends Range {
  /** −1 when the firmware names none. */
  readonly targetNode: number;
}

/** What the hmem provider needs of the machine. */
export interface HmemServices {
  readonly platform: PlatformBus;
  readonly dax: DaxBus;
  /** memregion_alloc: ids shared by hmem, nd and cxl regions. */
  readonly memregions: IdAllocator;
  /** In the order in which firmware code registers them; hmem makes devices of those that are soft reserved and nothing else. */
  readonly ranges: readonly SoftReserved[];
  /** The resource tree with the ranges that the firmware set aside. */
  readonly softReserved: Resource;
  /** cxl_region_contains_resource: whether one committed region has all of a range. */
  readonly cxlContains: (range: Range) => boolean;
}

/** drivers/dax/hmem/device.c: `hmem.N`, one accepted range. */
class HmemDevice extends PlatformDevice {
  readonly id: number;
  readonly range: SoftReserved;

  constructor({ platform, dax }: HmemServices, id: number, range: SoftReserved, host?: Device) {
    super(platform, 'hmem', id, dax.memory.nodes.nearestOnline(range.targetNode), host);
    this.id = id;
    this.range = range;
  }
}

/** Whether the range is soft reserved and nothing else. */
function isSoftReserved({ softReserved }: HmemServices, range: SoftReserved): boolean {
  const size = rangeLength(range);
  return (
    regionIntersects(softReserved, range.start, size, IORESOURCE_MEM, IORES_DESC_SOFT_RESERVED) ===
    'INTERSECTS'
  );
}

/** Whether a CXL window has some of the range. */
function touchesCxl({ dax }: HmemServices, range: SoftReserved): boolean {
  const { iomem } = dax.memory;
  return (
    regionIntersects(iomem, range.start, rangeLength(range), IORESOURCE_MEM, IORES_DESC_CXL) !== 'DISJOINT'
  );
}

function isAccepted(services: HmemServices, range: SoftReserved): boolean {
  return !touchesCxl(services, range) && isSoftReserved(services, range);
}

/** Before 6.3: hmem.N exist from boot on, each with an iomem entry of its own. */
export function registerBootHmem(services: HmemServices): void {
  const registered: SoftReserved[] = [];
  for (const range of services.ranges) {
    if (!isAccepted(services, range) || overlapsAny(range, registered)) continue;
    registered.push(range);
    const device = new HmemDevice(services, services.memregions.alloc(), range);
    const resource = new Resource({
      start: range.start,
      end: range.end,
      name: device.name,
      flags: IORESOURCE_MEM,
    });
    insertResource(services.dax.memory.iomem, resource);
    device.add();
  }
}

function overlapsAny(range: Range, others: readonly Range[]): boolean {
  return others.some(other => overlap(other, range));
}

/**
 * hmem_register_resource and walk_hmem_resources: one that overlaps none before it, wherever it is accepted later, in address
 * order. So an HMAT may hide a soft reserved range in a domain that has RAM as well.
 */
function activeRanges(ranges: readonly SoftReserved[]): SoftReserved[] {
  const active: SoftReserved[] = [];
  for (const range of ranges) if (!overlapsAny(range, active)) active.push(range);
  return active.sort(byStart);
}

/** Since 6.3: `hmem_platform.0`, made with the first range. */
export function registerHmemPlatform({ platform, ranges }: HmemServices): void {
  if (ranges.length > 0) new PlatformDevice(platform, 'hmem_platform', 0).add();
}

/** dax_hmem_initial_probe: whether CXL has had its chance in this boot. */
interface InitialProbe {
  done: boolean;
}

/** drivers/dax/hmem/hmem.c `dax_hmem_platform_driver`: makes hmem.N for every range, but leaves CXL's to CXL. */
class HmemPlatformDriver extends Driver {
  readonly #services: HmemServices;
  readonly #initialProbe: InitialProbe;
  /** Where the work that awaits CXL will make its devices. */
  #waiting: Device | undefined;
  #loaded = false;

  constructor(services: HmemServices, module: Module, initialProbe: InitialProbe) {
    super(services.platform, 'hmem_platform', module);
    this.#services = services;
    this.#initialProbe = initialProbe;
  }

  override probe(host: Device): Errno | undefined {
    const services = this.#services;
    const { hmemBelowPlatform } = host.core.profile.dax;
    for (const range of activeRanges(services.ranges)) {
      if (!isSoftReserved(services, range)) continue;
      if (!touchesCxl(services, range)) this.#addDevice(host, range);
      else if (hmemBelowPlatform && !this.#initialProbe.done) this.#waiting = host;
    }
    if (this.#loaded) this.awaitCxl();
    return undefined;
  }

  /** process_defer_work, after all that the loading of the module had probed: what no region took becomes hmem's, once in a boot. */
  awaitCxl(): void {
    this.#loaded = true;
    const services = this.#services;
    const host = this.#waiting;
    if (!host) return;
    this.#waiting = undefined;
    this.#initialProbe.done = true;
    for (const range of activeRanges(services.ranges)) {
      if (!isSoftReserved(services, range) || !touchesCxl(services, range)) continue;
      if (!services.cxlContains(range)) this.#addDevice(host, range);
    }
  }

  #addDevice(host: Device, range: SoftReserved): void {
    const { memregions } = this.#services;
    const id = memregions.alloc();
    host.devres.add(() => memregions.free(id));
    const below = host.core.profile.dax.hmemBelowPlatform ? host : undefined;
    const device = new HmemDevice(this.#services, id, range, below);
    device.add();
    host.devres.add(() => device.remove());
  }
}

interface HmemParameters extends ModuleParameters {
  readonly region_idle: ModuleParameter<boolean>;
}

/** `dax_hmem_driver`: a dax region for each hmem.N. ENOMEM for a range that is not a multiple of 2 MiB. */
class HmemDriver extends Driver {
  readonly #services: HmemServices;
  readonly #parameters: HmemParameters;

  constructor(services: HmemServices, module: Module, parameters: HmemParameters) {
    super(services.platform, 'hmem', module);
    this.#services = services;
    this.#parameters = parameters;
  }

  override probe(device: Device): Errno | undefined {
    const { id, range } = device as HmemDevice;
    const regionIdle = this.#parameters.region_idle.value;
    const region = allocDaxRegion(this.#services.dax, device, {
      id,
      start: range.start,
      end: range.end,
      targetNode: range.targetNode,
      align: PMD_SIZE,
      static: false,
      kmem: !regionIdle,
    });
    if (isErrno(region)) return ENOMEM;
    const size = regionIdle ? 0n : region.resources.size;
    const made = createDevDax(region, { size, memmapOnMemory: false });
    return isErrno(made) ? made : undefined;
  }
}

/** Whoever probes CXL may have a range that would be given to hmem. */
const CXL_MODULES = ['cxl_acpi', 'cxl_pci'];

/** The module dax_hmem. */
export function daxHmem(services: HmemServices): ModuleDefinition<HmemParameters> {
  const { core } = services.platform;
  const { hmemPlatform, hmemBelowPlatform } = core.profile.dax;
  const initialProbe: InitialProbe = { done: false };
  return {
    name: 'dax_hmem',
    softDepends: core.profile.hmemSoftDependency ? ['cxl_acpi'] : [],
    aliases: ['platform:hmem*'],
    parameters: () => ({ region_idle: bool(false, 0o644) }),
    init(module, parameters) {
      if (hmemBelowPlatform) for (const name of CXL_MODULES) core.requestModule(name);
      const host = hmemPlatform ? new HmemPlatformDriver(services, module, initialProbe) : undefined;
      const hmem = new HmemDriver(services, module, parameters);
      host?.register();
      hmem.register();
      host?.awaitCxl();
      return () => {
        hmem.unregister();
        host?.unregister();
      };
    },
  };
}
