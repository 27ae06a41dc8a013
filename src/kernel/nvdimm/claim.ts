import type { ChildSource } from '../fs/directory.ts';
import { EBUSY, EINVAL, ENODEV, ENXIO, type Errno, refusal } from '../lib/errno.ts';
import { byteCount } from '../lib/format.ts';
import type { IdAllocator } from '../lib/id-allocator.ts';
import { PMD_SIZE } from '../lib/page.ts';
import { bttAttributes, pfnAttributes } from './claim-attributes.ts';
import { type InfoBlock, PFN_MODE_NONE } from './info-block.ts';
import type { NdNamespace } from './namespace.ts';
import { ND_DEVICE_DAX_PMEM, NdDevice, type Placed, placedAttributes, type SeededParent } from './nd-bus.ts';
import type { NdRegion } from './region.ts';
import type { Uuid } from './uuid.ts';

const MIN_NAMESPACE_SIZE = 16n << 20n;

/** drivers/nvdimm/claim.c: a btt, pfn or dax device, which claims the namespace that it has (`ndns->claim`). */
export abstract class NdClaim extends NdDevice implements Placed {
  readonly region: NdRegion;
  readonly kind: 'btt' | 'pfn' | 'dax';
  uuid: Uuid | undefined;
  namespace: NdNamespace | undefined;
  readonly #ids: IdAllocator;
  readonly #id: number;

  constructor(region: NdRegion, kind: 'btt' | 'pfn' | 'dax') {
    const ids = region.ids[kind];
    const id = ids.alloc();
    super(region.ndBus, `${kind}${region.id}.${id}`, region);
    this.region = region;
    this.kind = kind;
    this.#ids = ids;
    this.#id = id;
  }

  /** What the claimed namespace says of its mode. */
  abstract readonly namespaceMode: string;
  protected abstract readonly isSeed: boolean;
  /** The settings of a fresh device. */
  protected abstract reset(): void;

  get ndType(): number {
    return this.region.namespaceType;
  }

  /** Labels may come to a region in use, when their DIMM is enabled anew. */
  override get ndTypeIsFixed(): boolean {
    return false;
  }

  override get devtype(): string {
    return `nd_${this.kind}`;
  }

  get targetNode(): number {
    return this.region.targetNode;
  }

  override get seededParent(): SeededParent {
    return this.region;
  }

  /** nd_namespace_store: takes the named namespace, or lets go of it and forgets the settings. Blanks may only follow. */
  setNamespace(text: string): Errno | undefined {
    if (this.driver) return this.bound();
    const name = text.trimEnd();
    if (name === '') return this.#detachAndReset();
    if (!name.startsWith('namespace')) return refusal(EINVAL, 'the name of a namespace is expected');
    if (this.namespace) return refusal(EBUSY, `${this.name} has ${this.namespace.name}`);
    const found = this.region.namespace(name);
    if (!found) return refusal(ENODEV, `${this.region.name} has no ${name}`);
    if (found.holderClass !== '' && found.holderClass !== this.kind)
      return refusal(EBUSY, `holder_class of ${name} is ${found.holderClass}`);
    if (found.size < MIN_NAMESPACE_SIZE)
      return refusal(
        ENXIO,
        `${name} has ${byteCount(found.size)}, less than ${byteCount(MIN_NAMESPACE_SIZE)}`,
      );
    return this.claim(found) ? undefined : found.busy();
  }

  /** EBUSY: settings are fixed while a driver has the device. */
  bound(): Errno {
    return refusal(EBUSY, `${this.name} is bound to ${this.driver!.name}: unbind it first`);
  }

  /** __nd_attach_ndns */
  claim(namespace: NdNamespace): boolean {
    if (namespace.claim) return false;
    namespace.claim = this;
    this.namespace = namespace;
    return true;
  }

  /** nd_detach_ndns */
  detach(): void {
    if (this.namespace) this.namespace.claim = undefined;
    this.namespace = undefined;
  }

  #detachAndReset(): undefined {
    this.detach();
    if (this.isSeed) this.reset();
    else this.remove();
    return undefined;
  }

  override remove(): void {
    super.remove();
    this.abandon();
  }

  /** The device is gone, or was never registered. */
  abandon(): void {
    this.detach();
    this.#ids.free(this.#id);
  }
}

/** drivers/nvdimm/btt_devs.c: atomic sectors. */
export class NdBtt extends NdClaim {
  readonly namespaceMode = 'safe';
  /** 0 when not chosen. */
  sectorSize = 0;
  /** Bytes of the disk, while there is one. */
  size = 0n;

  constructor(region: NdRegion) {
    super(region, 'btt');
  }

  protected get isSeed(): boolean {
    return this.region.bttSeed === this;
  }

  protected reset(): void {
    this.uuid = undefined;
    this.sectorSize = 0;
  }

  override groups(): ChildSource[] {
    return [...placedAttributes(this), bttAttributes.of(this)];
  }
}

/** drivers/nvdimm/pfn_devs.c: page structures for a namespace. */
export class NdPfn extends NdClaim {
  readonly namespaceMode: string = 'memory';
  /** PFN_MODE_*: where the page map is to live. */
  mode = PFN_MODE_NONE;
  /** Bytes. */
  align = PMD_SIZE;
  /** Read or made by the driver that holds the device. */
  infoBlock: InfoBlock | undefined;

  constructor(region: NdRegion, kind: 'pfn' | 'dax' = 'pfn') {
    super(region, kind);
  }

  protected get isSeed(): boolean {
    return this.region.pfnSeed === this;
  }

  protected reset(): void {
    this.uuid = undefined;
    this.mode = PFN_MODE_NONE;
  }

  override groups(): ChildSource[] {
    return [...placedAttributes(this), pfnAttributes.of(this)];
  }
}

/** drivers/nvdimm/dax_devs.c: the whole namespace for device-dax. */
export class NdDax extends NdPfn {
  override readonly namespaceMode = 'dax';

  constructor(region: NdRegion) {
    super(region, 'dax');
  }

  override get ndType(): number {
    return ND_DEVICE_DAX_PMEM;
  }

  override get ndTypeIsFixed(): boolean {
    return true;
  }

  protected override get isSeed(): boolean {
    return this.region.daxSeed === this;
  }
}
