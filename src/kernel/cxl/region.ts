import type { ChildSource } from '../fs/directory.ts';
import { EBUSY, EINVAL, ENODEV, ENXIO, type Errno, isErrno, refusal } from '../lib/errno.ts';
import { byteCount } from '../lib/format.ts';
import { allocFreeMemRegion } from '../resource/free-mem-region.ts';
import { IORESOURCE_MEM, insertResource, Resource, removeResource } from '../resource/resource.ts';
import { CXL_DEVICE_REGION, CxlDevice } from './bus.ts';
import { NO_HPA, SwitchDecoder } from './decoder.ts';
import { EndpointDecoder } from './endpoint-decoder.ts';
import { isGranularity, isPowerOfTwo, isWays, SZ_256M } from './interleave.ts';
import { regionAttributes, targetAttributes } from './region-attributes.ts';
import type { RootDecoder } from './root-decoder.ts';

/** drivers/cxl/cxl.h `enum cxl_config_state`, in order. */
export const CXL_CONFIG_IDLE = 0;
export const CXL_CONFIG_INTERLEAVE_ACTIVE = 1;
export const CXL_CONFIG_ACTIVE = 2;
export const CXL_CONFIG_COMMIT = 3;

/** drivers/cxl/core/region.c `struct cxl_region`: regionN, an interleave set of volatile memory. */
export class CxlRegion extends CxlDevice {
  override get devtype(): string {
    return 'cxl_region';
  }

  readonly id = CXL_DEVICE_REGION;
  readonly root: RootDecoder;
  /** The N of the name, a memregion id. */
  readonly regionId: number;
  readonly mode = 'ram';
  state = CXL_CONFIG_IDLE;
  ways = 0;
  /** Bytes. */
  granularity = 0;
  /** The range of /proc/iomem. */
  resource: Resource | undefined;
  readonly targets: (EndpointDecoder | undefined)[] = [];
  #targetFiles: ChildSource | undefined;

  constructor(root: RootDecoder, regionId: number) {
    super(root.cxlBus, `region${regionId}`, root);
    this.root = root;
    this.regionId = regionId;
  }

  override groups(): ChildSource[] {
    return [...super.groups(), regionAttributes.of(this)];
  }

  /** interleave_ways_store: EINVAL for what cannot be encoded or does not fit the window, EBUSY once there is a size. */
  setWays(ways: number): Errno | undefined {
    if (!isWays(ways)) return refusal(EINVAL, `${ways} ways cannot be encoded`);
    const rootWays = this.root.ways;
    if (ways % rootWays !== 0 || !isPowerOfTwo(ways / rootWays))
      return refusal(EINVAL, `${ways} ways do not fit the window, which has ${rootWays}`);
    if (this.state >= CXL_CONFIG_INTERLEAVE_ACTIVE) return this.#hasSize();
    this.ways = ways;
    this.#showTargets();
    return undefined;
  }

  /** interleave_granularity_store: EINVAL also when an interleaved window has another one. */
  setGranularity(bytes: number): Errno | undefined {
    if (!isGranularity(bytes)) return refusal(EINVAL, `a granularity of ${bytes} cannot be encoded`);
    if (this.root.ways > 1 && bytes !== this.root.granularity)
      return refusal(EINVAL, `the window has a granularity of ${this.root.granularity}`);
    if (this.state >= CXL_CONFIG_INTERLEAVE_ACTIVE) return this.#hasSize();
    this.granularity = bytes;
    return undefined;
  }

  /** size_store, alloc_hpa and free_hpa. */
  setSize(size: bigint): Errno | undefined {
    if (size === 0n) return this.#freeHpa();
    if (this.resource?.size === size) return undefined;
    if (this.resource || this.state >= CXL_CONFIG_INTERLEAVE_ACTIVE) return this.#hasSize();
    if (this.ways === 0 || this.granularity === 0)
      return refusal(ENXIO, 'interleave_ways and interleave_granularity come first');
    const unit = SZ_256M * BigInt(this.ways);
    if (size % unit !== 0n)
      return refusal(EINVAL, `size ${size} is no multiple of ${byteCount(unit)} (256 MiB for each way)`);
    const resource = allocFreeMemRegion(this.root.resource, size, SZ_256M, this.name);
    if (isErrno(resource)) return resource;
    this.resource = resource;
    this.state = CXL_CONFIG_INTERLEAVE_ACTIVE;
    return undefined;
  }

  #hasSize(): Errno {
    return refusal(EBUSY, `${this.name} has a size: write 0 to it first`);
  }

  #beyond(position: number): Errno {
    return refusal(ENXIO, `position ${position} is beyond the ${this.ways} ways`);
  }

  #freeHpa(): Errno | undefined {
    if (!this.resource) return undefined;
    if (this.state >= CXL_CONFIG_ACTIVE)
      return refusal(EBUSY, `${this.name} has all its targets: take one away first`);
    this.#releaseResource();
    this.state = CXL_CONFIG_IDLE;
    return undefined;
  }

  #releaseResource(): void {
    if (this.resource) removeResource(this.resource);
    this.resource = undefined;
  }

  /** attach_target: ENODEV for an unknown decoder, EINVAL for one that is no endpoint's, else cxl_region_attach's. */
  attachByName(name: string, position: number): Errno | undefined {
    const decoder = this.cxlBus.devices.get(name);
    if (!decoder) return refusal(ENODEV, `there is no decoder "${name}"`);
    if (!(decoder instanceof EndpointDecoder)) return refusal(EINVAL, `${name} is no decoder of an endpoint`);
    return this.attach(decoder, position);
  }

  /** cxl_region_attach */
  attach(decoder: EndpointDecoder, position: number): Errno | undefined {
    if (decoder.mode !== this.mode)
      return refusal(EINVAL, `${decoder.name} has mode ${decoder.mode}, and ${this.name} wants ${this.mode}`);
    if (this.state > CXL_CONFIG_INTERLEAVE_ACTIVE) return refusal(EBUSY, `${this.name} has all its targets`);
    if (this.state < CXL_CONFIG_INTERLEAVE_ACTIVE) return refusal(ENXIO, `${this.name} has no size yet`);
    const bridge = decoder.port.above;
    if (!bridge || !this.root.targets.includes(bridge.uport))
      return refusal(ENXIO, `${decoder.name} is below no host bridge of the window`);
    if (!decoder.dpa) return refusal(ENXIO, `${decoder.name} has no capacity: write its dpa_size first`);
    if (decoder.dpa.size * BigInt(this.ways) !== this.resource?.size)
      return refusal(
        EINVAL,
        `${byteCount(decoder.dpa.size)} in each of ${this.ways} ways are not the size of ${this.name}`,
      );
    if (position >= this.ways) return this.#beyond(position);
    if (this.targets[position] === decoder) return undefined;
    if (this.targets[position])
      return refusal(EBUSY, `position ${position} has ${this.targets[position].name}`);
    if (this.targets.some(target => target?.memdev === decoder.memdev))
      return refusal(EBUSY, `another position has ${decoder.memdev.name}`);
    if (this.root.targets[position % this.root.ways] !== bridge.uport)
      return refusal(ENXIO, `position ${position} is another host bridge's than that of ${decoder.name}`);
    if (decoder.region) return refusal(EBUSY, `${decoder.name} is part of ${decoder.region.name}`);
    if (!this.#claimSwitchDecoder(decoder)) return refusal(EBUSY, 'no decoder of the host bridge is free');
    decoder.region = this;
    decoder.position = position;
    this.targets[position] = decoder;
    Object.assign(decoder, { ways: this.ways, granularity: this.granularity, hpa: this.#hpa });
    if (this.#isFull) {
      this.#setupTargets();
      this.state = CXL_CONFIG_ACTIVE;
    }
    return undefined;
  }

  get #hpa() {
    return this.resource ? { start: this.resource.start, end: this.resource.end } : NO_HPA;
  }

  get #isFull(): boolean {
    return this.targets.filter(Boolean).length === this.ways;
  }

  /** cxl_port_attach_region for the host bridge: a free decoder, in order, and no region above this one before it. */
  #claimSwitchDecoder(decoder: EndpointDecoder): boolean {
    const decoders = decoder.port.above!.decoders.filter(other => other instanceof SwitchDecoder);
    if (decoders.some(other => other.region === this)) return true;
    const start = this.resource!.start;
    if (decoders.some(other => (other.region?.resource?.start ?? -1n) > start)) return false;
    const free = decoders.find(other => !other.region);
    if (free) free.region = this;
    return free !== undefined;
  }

  #switchDecoders(): SwitchDecoder[] {
    const bridges = new Set(this.targets.map(target => target?.port.above));
    return [...bridges].flatMap(
      bridge =>
        bridge?.decoders.filter(
          (other): other is SwitchDecoder => other instanceof SwitchDecoder && other.region === this,
        ) ?? [],
    );
  }

  /** cxl_region_setup_targets: the host bridges route to the endpoints in the order of their positions. */
  #setupTargets(): void {
    for (const decoder of this.#switchDecoders()) {
      const below = this.targets.filter(target => target?.port.above === decoder.port);
      decoder.targets = below.map(target => target!.port.parentDport!.id);
      Object.assign(decoder, { hpa: this.#hpa, ways: below.length, granularity: this.granularity });
    }
  }

  /** detach_target: ENXIO past the interleave; an empty position is fine. */
  detachAt(position: number): Errno | undefined {
    if (position >= this.ways) return this.#beyond(position);
    const decoder = this.targets[position];
    if (!decoder) return undefined;
    const switches = this.#switchDecoders();
    if (this.state === CXL_CONFIG_COMMIT) this.#setEnabled(false);
    if (this.state >= CXL_CONFIG_ACTIVE) this.state = CXL_CONFIG_INTERLEAVE_ACTIVE;
    this.targets[position] = undefined;
    decoder.region = undefined;
    decoder.position = -1;
    decoder.reset();
    for (const other of switches) {
      other.reset();
      if (!this.targets.some(target => target?.port.above === other.port)) other.region = undefined;
    }
    this.driver?.detach(this);
    return undefined;
  }

  /**
   * commit_store: ENXIO before all targets are there; the state that is asked for already is fine. The binding is left to
   * user space (`cxl create-region` does it).
   */
  setCommitted(commit: boolean): Errno | undefined {
    const committed = this.state === CXL_CONFIG_COMMIT;
    if (commit === committed) return undefined;
    if (!commit) {
      this.driver?.detach(this);
      this.#setEnabled(false);
      this.state = CXL_CONFIG_ACTIVE;
      return undefined;
    }
    if (this.state < CXL_CONFIG_ACTIVE)
      return refusal(
        ENXIO,
        `${this.name} has ${this.targets.filter(Boolean).length} of ${this.ways} targets`,
      );
    this.#setEnabled(true);
    this.state = CXL_CONFIG_COMMIT;
    return undefined;
  }

  #setEnabled(enabled: boolean): void {
    for (const decoder of [...this.#switchDecoders(), ...this.targets])
      if (decoder) decoder.enabled = enabled;
  }

  /** construct_region and cxl_add_to_region: takes over what the firmware committed, and offers it to its driver. Its range may hold `Soft Reserved` already. */
  adopt(start: bigint, size: bigint, decoders: readonly EndpointDecoder[]): Errno | undefined {
    this.ways = decoders.length;
    this.granularity = this.root.granularity;
    this.#showTargets();
    const resource = new Resource({
      start,
      end: start + size - 1n,
      name: this.name,
      flags: IORESOURCE_MEM,
    });
    const refused = insertResource(this.root.resource, resource);
    if (refused) return refused;
    this.resource = resource;
    this.state = CXL_CONFIG_INTERLEAVE_ACTIVE;
    for (const [position, decoder] of decoders.entries()) {
      const error = this.attach(decoder, position);
      if (error) return error;
    }
    const uncommitted = this.setCommitted(true);
    if (!uncommitted) this.cxlBus.attach(this);
    return uncommitted;
  }

  /** sysfs_update_group: as many targetN as the interleave has ways. */
  #showTargets(): void {
    if (this.#targetFiles) this.directory.detach(this.#targetFiles);
    this.#targetFiles = targetAttributes(this.ways).of(this);
    this.directory.attach(this.#targetFiles);
  }

  /** unregister_region */
  protected override released(): void {
    for (let position = 0; position < this.ways; position++) this.detachAt(position);
    this.#releaseResource();
    this.root.regionReleased(this);
  }
}
