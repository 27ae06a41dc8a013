import type { Device } from '../base/device.ts';
import type { Module } from '../base/module.ts';
import { Badblocks } from '../block/badblocks.ts';
import type { ChildSource } from '../fs/directory.ts';
import { IdAllocator } from '../lib/id-allocator.ts';
import { PAGE } from '../lib/page.ts';
import { type Range, rangeLength } from '../lib/range.ts';
import type { Resource } from '../resource/resource.ts';
import type { BadRangeChange } from './badrange.ts';
import { NdBtt, NdClaim, NdDax, NdPfn } from './claim.ts';
import type { Nvdimm } from './dimm.ts';
import { DpaSpace } from './dpa-space.ts';
import { NdNamespace } from './namespace.ts';
import {
  ND_DEVICE_NAMESPACE_IO,
  ND_DEVICE_NAMESPACE_PMEM,
  ND_DEVICE_REGION_PMEM,
  type NdBus,
  NdDevice,
  placedAttributes,
  type SeededParent,
} from './nd-bus.ts';
import type { PersistentMemory } from './persistent-memory.ts';
import { regionAttributes } from './region-attributes.ts';
import type { Uuid } from './uuid.ts';

/** A DIMM's part of a region: `mappingM`. */
export interface RegionMapping {
  readonly dimm: Nvdimm;
  /** DIMM-physical, bytes. */
  readonly start: bigint;
  readonly size: bigint;
  /** Place in the interleave set. */
  readonly position: number;
}

export interface RegionOptions extends Range {
  /** The memregion id. */
  readonly id: number;
  readonly numaNode: number;
  /** −1 when the firmware names none. */
  readonly targetNode: number;
  readonly mappings: readonly RegionMapping[];
  /** nd_interleave_set: the cookie by label version; undefined for a range without DIMMs. */
  readonly interleaveSet?: { readonly cookie1: bigint; readonly cookie2: bigint };
  /** ND_REGION_PAGEMAP: a raw namespace gets page structures. */
  readonly pageMap: boolean;
  /** Files of the provider, in a directory of its name. */
  readonly provider?: { readonly name: string; readonly files: ChildSource };
  readonly memory: PersistentMemory;
  readonly iomem: Resource;
  /** The module of the provider, pinned while the region is enabled. */
  readonly module: Module;
}

/** MEMREMAP_COMPAT_ALIGN_MAX */
const COMPAT_ALIGN = 16n << 20n;

/** drivers/nvdimm/region_devs.c `struct nd_region`: a range of persistent memory, divided into namespaces. */
export class NdRegion extends NdDevice implements SeededParent {
  readonly id: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly targetNode: number;
  readonly options: RegionOptions;
  readonly badblocks = new Badblocks();
  readonly space: DpaSpace;
  readonly ids = {
    namespace: new IdAllocator(),
    btt: new IdAllocator(),
    pfn: new IdAllocator(),
    dax: new IdAllocator(),
  };
  /** Bytes; sizes of namespaces are multiples of it. */
  align: bigint;
  readOnly = false;
  namespaceSeed: NdNamespace | undefined;
  bttSeed: NdBtt | undefined;
  pfnSeed: NdPfn | undefined;
  daxSeed: NdDax | undefined;
  /** Namespaces that could be made, of those that were found. */
  found: { readonly active: number; readonly total: number } | undefined;
  readonly #numaNode: number;

  constructor(bus: NdBus, parent: Device, options: RegionOptions) {
    super(bus, `region${options.id}`, parent);
    this.options = options;
    this.id = options.id;
    this.start = options.start;
    this.end = options.end;
    this.targetNode = options.targetNode;
    this.#numaNode = options.numaNode;
    this.align = this.#defaultAlign();
    this.space = new DpaSpace(this);
    const { provider } = options;
    if (provider) this.directory.addDirectory(provider.name).attach(provider.files);
  }

  #defaultAlign(): bigint {
    const align = this.size < COMPAT_ALIGN ? PAGE : COMPAT_ALIGN;
    const ways = BigInt(this.ways);
    return align % ways === 0n ? align : align * ways;
  }

  get ndType(): number {
    return ND_DEVICE_REGION_PMEM;
  }

  override get devtype(): string {
    return 'nd_pmem';
  }

  override get numaNode(): number {
    return this.#numaNode;
  }

  override groups(): ChildSource[] {
    return [...placedAttributes(this), regionAttributes.of(this)];
  }

  get size(): bigint {
    return rangeLength(this);
  }

  get mappings(): readonly RegionMapping[] {
    return this.options.mappings;
  }

  /** DIMMs that the region is interleaved over; 1 without DIMMs. */
  get ways(): number {
    return Math.max(this.mappings.length, 1);
  }

  /** nd_region_to_nstype: whether namespaces are made from labels. */
  get namespaceType(): number {
    const labelled = this.mappings.some(({ dimm }) => dimm.labeling);
    return labelled ? ND_DEVICE_NAMESPACE_PMEM : ND_DEVICE_NAMESPACE_IO;
  }

  /** nd_region_interleave_set_cookie: labels of version 1.1 know the older one. */
  get setCookie(): bigint | undefined {
    const set = this.options.interleaveSet;
    const old = this.mappings[0]?.dimm.hardware.labels?.version === '1.1';
    return old ? set?.cookie1 : set?.cookie2;
  }

  get namespaces(): NdNamespace[] {
    return [...this.children].filter(child => child instanceof NdNamespace);
  }

  namespace(name: string): NdNamespace | undefined {
    return this.namespaces.find(namespace => namespace.name === name);
  }

  get claims(): NdClaim[] {
    return [...this.children].filter(child => child instanceof NdClaim);
  }

  /** nd_is_uuid_unique: not the name of a namespace, a btt or a pfn device of any region of the bus. */
  isUuidUnique(uuid: Uuid): boolean {
    const regions = [...this.parent!.children].filter(child => child instanceof NdRegion);
    return !regions.some(({ namespaces, claims }) =>
      [...namespaces, ...claims].some(device => device.uuid === uuid && !(device instanceof NdDax)),
    );
  }

  createSeeds(): void {
    this.bttSeed = this.#register(new NdBtt(this));
    this.pfnSeed = this.#register(new NdPfn(this));
    this.daxSeed = this.#register(new NdDax(this));
  }

  #register<D extends NdDevice>(device: D): D {
    this.ndBus.registerLater(device);
    return device;
  }

  /** nd_region_advance_seeds: a seed that was bound, and the namespace that it holds, are replaced by fresh ones. */
  advanceSeeds(device: NdDevice): void {
    const fresh = <D extends NdDevice>(seed: D): D => {
      if (!this.core.profile.nvdimm.seedsBeforeBind) return this.#register(seed);
      seed.add();
      return seed;
    };
    if (device === this.bttSeed) this.bttSeed = fresh(new NdBtt(this));
    if (device === this.pfnSeed) this.pfnSeed = fresh(new NdPfn(this));
    if (device === this.daxSeed) this.daxSeed = fresh(new NdDax(this));
    const held = device instanceof NdClaim ? device.namespace : device;
    if (held !== undefined && held === this.namespaceSeed) this.#freshNamespace(fresh);
  }

  /** nd_region_create_ns_seed: label-less regions have one namespace and no seed after it. */
  #freshNamespace(fresh: (seed: NdNamespace) => NdNamespace): void {
    if (this.namespaceType === ND_DEVICE_NAMESPACE_IO) return;
    this.namespaceSeed = fresh(new NdNamespace(this, 'pmem'));
  }

  /** read_only_store: the disks follow (NVDIMM_REVALIDATE_REGION). */
  setReadOnly(readOnly: boolean): void {
    this.readOnly = readOnly;
    const disks = this.namespaces.flatMap(({ disk }) => disk ?? []);
    for (const child of this.children) disks.find(({ host }) => host === child)?.followRegion();
  }

  /** nvdimm_region_notify: media errors came or went; whoever polls `badblocks` wakes. */
  badRangesChanged(change: BadRangeChange): void {
    if (!this.driver) return;
    this.badblocks.follow(change, this.start, this.end);
    this.notify('badblocks');
    for (const namespace of this.namespaces) namespace.badRangesChanged(change);
  }
}
