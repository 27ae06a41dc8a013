import type { Device } from '../base/device.ts';
import { group, ro, rw, wo } from '../fs/attribute.ts';
import type { ChildSource } from '../fs/directory.ts';
import { EBUSY, EINVAL, ENODEV, type Errno, isErrno, type Result, refusal } from '../lib/errno.ts';
import type { IdAllocator } from '../lib/id-allocator.ts';
import { stripNewline } from '../lib/kstrtox.ts';
import type { Resource } from '../resource/resource.ts';
import { CxlDecoder } from './decoder.ts';
import type { CxlPort } from './port.ts';
import { CxlRegion } from './region.ts';

export interface RootDecoderOptions {
  /** `CXL Window N` of /proc/iomem. */
  readonly resource: Resource;
  /** The host bridges that the window interleaves over, in order. */
  readonly targets: readonly Device[];
  /** Bytes. */
  readonly granularity: number;
  readonly memregions: IdAllocator;
  /** The node of the window's memory, or −1. */
  readonly targetNode: number;
}

/** `struct cxl_root_decoder`: decoder0.N, a fixed memory window of the platform. Regions are made in it. */
export class RootDecoder extends CxlDecoder {
  override get devtype(): string {
    return 'cxl_decoder_root';
  }

  readonly resource: Resource;
  readonly targets: readonly Device[];
  readonly targetNode: number;
  readonly #memregions: IdAllocator;
  /** The id of the next region, allocated ahead so that `create_ram_region` can name it. */
  #regionId: number;

  constructor(port: CxlPort, index: number, options: RootDecoderOptions) {
    super(port, index);
    this.resource = options.resource;
    this.targets = options.targets;
    this.targetNode = options.targetNode;
    this.hpa = { start: options.resource.start, end: options.resource.end };
    this.ways = options.targets.length;
    this.granularity = options.granularity;
    this.enabled = true;
    this.#memregions = options.memregions;
    this.#regionId = this.#memregions.alloc();
  }

  get regionId(): number {
    return this.#regionId;
  }

  override groups(): ChildSource[] {
    return [...super.groups(), rootAttributes.of(this)];
  }

  /** __create_region: EBUSY unless `id` is the one announced. */
  createRegion(id: number): Result<CxlRegion> {
    if (id !== this.#regionId) return refusal(EBUSY, `region${this.#regionId} is the next one`);
    this.#regionId = this.#memregions.alloc();
    const region = new CxlRegion(this, id);
    region.add();
    return region;
  }

  deleteRegion(name: string): Errno | undefined {
    const region = this.regions().find(other => other.name === name);
    if (!region) return refusal(ENODEV, `${this.name} has no region "${name}"`);
    region.remove();
    return undefined;
  }

  regions(): CxlRegion[] {
    return [...this.children].filter(child => child instanceof CxlRegion);
  }

  /** cxl_region_release: the lower id is announced next, the other is free. */
  regionReleased({ regionId }: CxlRegion): void {
    const freed = regionId < this.#regionId ? this.#regionId : regionId;
    if (regionId < this.#regionId) this.#regionId = regionId;
    this.#memregions.free(freed);
  }

  /** The regions go first, newest first. */
  override remove(): void {
    for (const region of this.regions().reverse()) region.remove();
    super.remove();
  }

  protected override released(): void {
    this.#memregions.free(this.#regionId);
  }
}

const rootAttributes = group<RootDecoder>({
  cap_pmem: ro(() => '0\n'),
  cap_ram: ro(() => '1\n'),
  cap_type2: ro(() => '0\n'),
  cap_type3: ro(() => '1\n'),
  create_ram_region: rw(
    decoder => `region${decoder.regionId}\n`,
    (decoder, text) => {
      const digits = /^region\s*(-?\d+)/.exec(text)?.[1];
      if (digits === undefined) return refusal(EINVAL, 'the name of a region is expected, as regionN');
      const made = decoder.createRegion(Number(digits));
      return isErrno(made) ? made : undefined;
    },
  ),
  delete_region: wo((decoder, text) => decoder.deleteRegion(stripNewline(text))),
  qos_class: ro(() => '0\n'),
  target_list: ro(({ targets, port }) => {
    const ids = targets.map(target => port.dports.find(({ device }) => device === target)?.id);
    return `${ids.join(',')}\n`;
  }),
});
