import { Badblocks } from '../block/badblocks.ts';
import type { ChildSource } from '../fs/directory.ts';
import { EBUSY, EINVAL, ENOSPC, ENXIO, type Errno, refusal } from '../lib/errno.ts';
import { byteCount } from '../lib/format.ts';
import type { BadRangeChange } from './badrange.ts';
import type { NdClaim } from './claim.ts';
import type { MediaSpan } from './claim-io.ts';
import type { NamespaceLabel } from './label-area.ts';
import { namespaceAttributes } from './namespace-attributes.ts';
import {
  ND_DEVICE_NAMESPACE_IO,
  ND_DEVICE_NAMESPACE_PMEM,
  NdDevice,
  type Placed,
  placedAttributes,
  type SeededParent,
} from './nd-bus.ts';
import type { PersistentMemory } from './persistent-memory.ts';
import type { PmemDisk } from './pmem-disk.ts';
import type { NdRegion } from './region.ts';
import { NULL_UUID, type Uuid } from './uuid.ts';

export type HolderClass = '' | 'btt' | 'pfn' | 'dax';

/** drivers/nvdimm/namespace_devs.c: namespaceX.Y, the whole region (`io`) or a labelled part of it (`pmem`). */
export class NdNamespace extends NdDevice implements Placed, MediaSpan {
  readonly region: NdRegion;
  readonly kind: 'io' | 'pmem';
  readonly id: number;
  uuid: Uuid | undefined;
  altName = '';
  /** 0 when not chosen. */
  sectorSize = 0;
  holderClass: HolderClass = '';
  forceRaw = false;
  /** The btt, pfn or dax device that uses the namespace. */
  claim: NdClaim | undefined;
  readonly badblocks = new Badblocks();
  /** While nd_pmem serves the namespace as a disk. */
  disk: PmemDisk | undefined;

  constructor(region: NdRegion, kind: 'io' | 'pmem', label?: NamespaceLabel) {
    const id = region.ids.namespace.alloc();
    super(region.ndBus, `namespace${region.id}.${id}`, region);
    this.region = region;
    this.kind = kind;
    this.id = id;
    if (!label) return;
    this.uuid = label.uuid;
    this.altName = label.altName;
    this.sectorSize = label.sectorSize;
    this.holderClass = label.holderClass as HolderClass;
  }

  get ndType(): number {
    return this.kind === 'pmem' ? ND_DEVICE_NAMESPACE_PMEM : ND_DEVICE_NAMESPACE_IO;
  }

  override get devtype(): string {
    return `nd_namespace_${this.kind}`;
  }

  get targetNode(): number {
    return this.region.targetNode;
  }

  override get seededParent(): SeededParent {
    return this.region;
  }

  override groups(): ChildSource[] {
    return [...placedAttributes(this), namespaceAttributes.of(this)];
  }

  /** Bytes. */
  get size(): bigint {
    if (this.kind === 'io') return this.region.size;
    return this.region.space.extent(this.uuid)?.size ?? 0n;
  }

  get start(): bigint {
    if (this.kind === 'io') return this.region.start;
    return this.region.start + (this.region.space.extent(this.uuid)?.offset ?? 0n);
  }

  /** Inclusive. */
  get end(): bigint {
    return this.start + this.size - 1n;
  }

  /** nd_dev_to_uuid: what info blocks name as their parent. */
  get parentUuid(): Uuid {
    return this.uuid ?? NULL_UUID;
  }

  /** nvdimm_namespace_locked */
  get locked(): boolean {
    return this.region.mappings.some(({ dimm }) => dimm.locked);
  }

  get inUse(): boolean {
    return this.driver !== undefined || this.claim !== undefined;
  }

  /** mode_show */
  get mode(): string {
    if (this.claim) return this.claim.namespaceMode;
    return this.mapsPages ? 'memory' : 'raw';
  }

  /** pmem_should_map_pages */
  get mapsPages(): boolean {
    return this.region.options.pageMap && !this.forceRaw;
  }

  /**
   * size_store: EBUSY in use; ENXIO without a uuid, DIMMs or their labels; EINVAL off the region's align; ENOSPC without
   * room. 0 deletes the namespace.
   */
  resize(size: bigint): Errno | undefined {
    const { region, uuid } = this;
    if (this.inUse) return this.busy();
    if (uuid === undefined) return refusal(ENXIO, `${this.name} has no uuid: write one first`);
    if (region.mappings.length === 0) return refusal(ENXIO, `${region.name} has no DIMMs`);
    if (size % region.align !== 0n)
      return refusal(
        EINVAL,
        `size ${size} is no multiple of ${byteCount(region.align)} (align of ${region.name})`,
      );
    const bare = region.mappings.find(({ dimm }) => dimm.labels === undefined);
    if (bare) return refusal(ENXIO, `${bare.dimm.name} has no labels`);
    const current = this.size;
    if (size > region.space.largestGap + current)
      return refusal(
        ENOSPC,
        `the largest free extent of ${region.name} is ${byteCount(region.space.largestGap)}`,
      );
    if (size === 0n) return this.#delete(uuid);
    if (size === current) return undefined;
    const extent = region.space.allocate(uuid, size);
    if (!extent) return refusal(ENOSPC, `${region.name} has no room of ${byteCount(size)} in one piece`);
    region.space.write(this.#label(uuid), extent);
    return undefined;
  }

  /** EBUSY, with who uses it. */
  busy(): Errno {
    const user = this.claim?.name ?? this.driver?.name;
    return refusal(EBUSY, `${this.name} is in use${user ? ` by ${user}` : ''}: unbind it first`);
  }

  #label(uuid: Uuid) {
    const { altName, sectorSize, holderClass } = this;
    return { uuid, altName, sectorSize, holderClass };
  }

  /**
   * nd_namespace_label_update: what changed goes to the labels once there is space to describe. ENXIO for a namespace
   * that can have none, which keeps the change all the same.
   */
  updateLabel(): Errno | undefined {
    if (this.kind === 'io')
      return refusal(ENXIO, 'a namespace without labels keeps it until the next boot alone');
    const extent = this.region.space.extent(this.uuid);
    if (this.uuid !== undefined && extent) this.region.space.write(this.#label(this.uuid), extent);
    return undefined;
  }

  #delete(uuid: Uuid): undefined {
    this.region.space.delete(uuid);
    this.uuid = undefined;
    if (this.id !== 0 && this.region.namespaceSeed !== this) this.remove();
    return undefined;
  }

  /**
   * namespace_update_uuid: EINVAL for a name that another device of the bus, or this one, has already; EBUSY to change
   * a name while the DIMMs hold no label at all. Labels are written again under the new name.
   */
  rename(uuid: Uuid): Errno | undefined {
    const { uuid: old, region } = this;
    if (!region.isUuidUnique(uuid)) return refusal(EINVAL, `another device has uuid ${uuid}`);
    if (old !== undefined && region.space.labels.length === 0)
      return refusal(EBUSY, 'the DIMMs hold no label yet');
    const extent = region.space.extent(old);
    this.uuid = uuid;
    if (old === undefined || !extent) return undefined;
    region.space.delete(old);
    region.space.write(this.#label(uuid), extent);
    return undefined;
  }

  get memory(): PersistentMemory {
    return this.region.options.memory;
  }

  /** nvdimm_badblocks_populate, by the driver that is about to use the namespace. */
  readBadblocks(): void {
    this.badblocks.populate(this.memory.known, this.start, this.end);
  }

  badRangesChanged(change: BadRangeChange): void {
    this.badblocks.follow(change, this.start, this.end);
    this.disk?.badRangesChanged(change);
  }

  protected override released(): void {
    this.region.ids.namespace.free(this.id);
  }
}
