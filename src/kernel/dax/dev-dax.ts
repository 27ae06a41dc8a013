import type { Bus } from '../base/bus.ts';
import type { DeviceClass } from '../base/class.ts';
import { Device } from '../base/device.ts';
import type { ChildSource, Directory } from '../fs/directory.ts';
import type { Caller, OpenFile } from '../fs/file-system.ts';
import { larger, smaller } from '../lib/bigint.ts';
import {
  EBUSY,
  EINVAL,
  ENOSPC,
  ENXIO,
  EOPNOTSUPP,
  type Errno,
  isErrno,
  type Result,
  refusal,
} from '../lib/errno.ts';
import { byteCount } from '../lib/format.ts';
import { IdAllocator } from '../lib/id-allocator.ts';
import { MAP_ALIGNMENTS, PAGE_SHIFT, PMD_SIZE } from '../lib/page.ts';
import { formatRange, type Range, rangeLength } from '../lib/range.ts';
import type { DeviceNumber } from '../lib/stat.ts';
import type { PageMap } from '../mm/memremap/page-map.ts';
import { DaxFile } from './dax-file.ts';
import { devDaxAttributes } from './dev-dax-attributes.ts';
import { DaxDriver } from './driver.ts';
import { DaxMapping } from './mapping.ts';
import type { DaxRegion } from './region.ts';
import type { Allocation } from './region-resources.ts';
import type { DaxObject } from './super.ts';

/** One physical piece of a device, at a page offset of the device. */
export interface DaxRange {
  /** In 4 KiB pages. */
  readonly pageOffset: bigint;
  readonly allocation: Allocation;
  mapping: DaxMapping | undefined;
}

export interface DevDaxOptions {
  /** Bytes; 0 for a device without a range. */
  readonly size: bigint;
  readonly memmapOnMemory: boolean;
  /** The instance number on a static region. */
  readonly id?: number;
  /** The page map that a static provider prepared. */
  readonly pageMap?: PageMap;
}

/** How log lines name a range of a device: `mappingN: START-END`. */
export function formatMapping(index: number, range: Range): string {
  return `mapping${index}: ${formatRange(range)}`;
}

/** get_device_parent: devices of a class have a directory of its name between them and a parent of another kind. */
function glueDirectory({ parent, class: deviceClass }: DaxRegion): Directory {
  return parent.directory.addDirectory(deviceClass!.name);
}

/** drivers/dax/bus.c `struct dev_dax`: daxX.Y. */
export class DevDax extends Device {
  readonly region: DaxRegion;
  /** −1 after its deletion began. */
  id: number;
  /** Bytes. */
  align: bigint;
  memmapOnMemory: boolean;
  pageMap: PageMap | undefined;
  readonly ranges: DaxRange[] = [];
  readonly mappingIds = new IdAllocator();
  readonly object: DaxObject;
  /** What the node in /dev leads to. */
  readonly file: DaxFile;
  #forget: () => void = () => {};

  constructor(region: DaxRegion, id: number, options: DevDaxOptions) {
    super(region.bus.core, `dax${region.id}.${id}`, region.class ? glueDirectory(region) : region.parent);
    this.region = region;
    this.id = id;
    this.align = region.align;
    this.memmapOnMemory = options.memmapOnMemory;
    this.pageMap = options.pageMap;
    this.object = region.bus.super.alloc();
    this.file = new DaxFile(this);
    // device_add_class_symlinks
    if (region.class) this.directory.addLink('device', region.parent.directory);
  }

  override get bus(): Bus | undefined {
    return this.region.class ? undefined : this.region.bus;
  }

  override get class(): DeviceClass | undefined {
    return this.region.class;
  }

  override get numaNode(): number {
    return this.region.parent.numaNode;
  }

  override get number(): DeviceNumber {
    return this.object.number;
  }

  override groups(): ChildSource[] {
    return [devDaxAttributes.of(this)];
  }

  override typeUeventKeys(): string[] {
    return this.bus ? ['MODALIAS=dax:t0'] : [];
  }

  override openNode(flags: number, caller: Caller): Result<OpenFile> {
    return this.file.open(flags, caller);
  }

  get targetNode(): number {
    return this.region.targetNode;
  }

  /** Bytes of all ranges. */
  get size(): bigint {
    return this.ranges.reduce((sum, range) => sum + rangeLength(range.allocation), 0n);
  }

  /** dax_region.dev->driver: without it nothing can be changed. */
  get regionIsLive(): boolean {
    return this.region.parent.driver !== undefined;
  }

  /** alloc_is_aligned: whether a length suits the device, in units of max(align, 2 MiB). */
  isAligned(length: bigint): boolean {
    return length % larger(this.align, PMD_SIZE) === 0n;
  }

  /** How a length of bytes fails to suit the device. */
  misaligned(length: bigint, what = 'size'): string {
    const unit = larger(this.align, PMD_SIZE);
    return `${what} ${length} is no multiple of ${byteCount(unit)} (${unit === this.align ? 'align' : 'PMD'})`;
  }

  /** ENXIO while the device that the region is on has no driver. */
  regionIsDead(): Errno {
    return refusal(ENXIO, `${this.region.parent.name}, which has the region, has no driver`);
  }

  #bound(): Errno {
    return refusal(EBUSY, `${this.name} is bound to ${this.driver!.name}: unbind it first`);
  }

  /** devm_create_dev_dax, the second half: the device appears, then its first mapping. */
  register(): void {
    if (this.class) this.region.bus.ofClass.set(this.name, this);
    this.add();
    this.#forget = this.region.parent.devres.add(() => this.unregister());
    const first = this.ranges[0];
    if (first && rangeLength(first.allocation) > 0n) this.#addMapping(first);
  }

  /** unregister_dev_dax, the managed action of the region's parent. */
  unregister(): void {
    this.#forget();
    this.kill();
    this.remove();
    while (this.ranges.length > 0) this.#trimLastRange();
  }

  /** kill_dev_dax: user mappings go; a dynamic device forgets its page map. */
  kill(): void {
    this.object.alive = false;
    if (!this.region.static) this.pageMap = undefined;
  }

  /** __free_dev_dax_id: the number can be used again at once. */
  invalidateId(): void {
    if (this.id < 0) return;
    if (!this.region.static) this.region.ids.free(this.id);
    this.id = -1;
  }

  protected override released(): void {
    this.region.forget(this);
    this.abandon();
  }

  /** dev_dax_release: the number and the character number are free again. */
  abandon(): void {
    if (this.region.class) {
      this.region.parent.directory.remove(this.region.class.name);
      this.region.bus.ofClass.delete(this.name);
    }
    this.invalidateId();
    this.object.put();
  }

  /** size_store: EINVAL unaligned, ENXIO, EBUSY while bound (also for the same size), ENOSPC. */
  resize(size: bigint): Errno | undefined {
    if (!this.isAligned(size)) return refusal(EINVAL, this.misaligned(size));
    if (!this.regionIsLive) return this.regionIsDead();
    if (this.driver) return this.#bound();
    const current = this.size;
    if (size === current) return undefined;
    if (size < current) return this.#shrink(current - size);
    const todo = size - current;
    const { available } = this.region.resources;
    if (todo > available)
      return refusal(
        ENOSPC,
        `${byteCount(todo)} more are wanted, and ${byteCount(available)} of the region are free`,
      );
    return this.isAligned(todo) ? this.#grow(todo) : refusal(ENXIO, this.misaligned(todo, 'growth'));
  }

  /** memmap_on_memory_store: EOPNOTSUPP where the system cannot, EBUSY for a change while kmem has the device. */
  setMemmapOnMemory(wanted: boolean): Errno | undefined {
    if (wanted && !this.region.bus.memory.policy.supportsMemmapOnMemory())
      return refusal(EOPNOTSUPP, 'memory_hotplug.memmap_on_memory is off, or does not suit the block size');
    const { driver } = this;
    if (wanted !== this.memmapOnMemory && driver instanceof DaxDriver && driver.kind === 'kmem')
      return this.#bound();
    this.memmapOnMemory = wanted;
    return undefined;
  }

  /** align_store: EINVAL for an unsupported value or ranges that do not suit it. */
  setAlign(align: bigint): Errno | undefined {
    if (!MAP_ALIGNMENTS.includes(align))
      return refusal(EINVAL, `align ${align} is none of ${MAP_ALIGNMENTS.join(', ')}`);
    if (!this.regionIsLive) return this.regionIsDead();
    if (this.driver) return this.#bound();
    const saved = this.align;
    this.align = align;
    const misfit = this.ranges.find(range => !this.isAligned(rangeLength(range.allocation)));
    if (!misfit) return undefined;
    const reason = this.misaligned(rangeLength(misfit.allocation), 'a range');
    this.align = saved;
    return refusal(EINVAL, reason);
  }

  /** alloc_dev_dax_range: ENOMEM on a conflict; a length of 0 is allowed only as the first. */
  allocRange(start: bigint, length: bigint): Errno | undefined {
    if (length === 0n) {
      if (this.ranges.length === 0) return undefined;
      const { profile, printk } = this.core;
      printk.warnOnce(
        profile.warnings.sites.zeroSizeAllocation,
        `${this.logPrefix}: 0-size allocation must be first`,
      );
      return refusal(EBUSY, 'only the first range of a device may be empty');
    }
    const allocation = this.region.resources.request(this.name, start, start + length - 1n);
    if (isErrno(allocation)) return allocation;
    const pageOffset = this.ranges.reduce(
      (pages, range) => pages + (rangeLength(range.allocation) >> PAGE_SHIFT),
      0n,
    );
    const range: DaxRange = { pageOffset, allocation, mapping: undefined };
    this.ranges.push(range);
    this.#sizeChanged();
    if (this.registered) this.#addMapping(range);
    return undefined;
  }

  /** dev_dax_resize: first fit by address; the own tail is extended in place when it meets the first gap. */
  #grow(todo: bigint): Errno | undefined {
    const { resources } = this.region;
    let rest = todo;
    while (rest > 0n) {
      const gap = resources.firstGap();
      if (!gap) return refusal(ENOSPC, 'no gap is left in the region');
      const length = smaller(gap.length, rest);
      const own = this.#extensible(gap.after);
      const refused = own
        ? this.#resizeLast(own, own.allocation.end + length)
        : this.allocRange(gap.start, length);
      if (refused) return refused;
      rest -= length;
    }
    return undefined;
  }

  /** adjust_ok: this device's last range, also by page offset, when the gap follows it. */
  #extensible(before: Allocation | undefined): DaxRange | undefined {
    const last = this.ranges.at(-1);
    if (last === undefined || last.allocation !== before) return undefined;
    return this.ranges.every(range => range.pageOffset <= last.pageOffset) ? last : undefined;
  }

  /** dev_dax_shrink: whole ranges from the end, then the tail of one. */
  #shrink(todo: bigint): Errno | undefined {
    let rest = todo;
    while (rest > 0n) {
      const last = this.ranges.at(-1)!;
      const length = rangeLength(last.allocation);
      if (rest < length) return this.#resizeLast(last, last.allocation.end - rest);
      last.mapping?.unregister();
      this.#trimLastRange();
      rest -= length;
    }
    return undefined;
  }

  /** devm_register_dax_mapping, which came with dynamic regions. */
  #addMapping(range: DaxRange): void {
    if (!this.core.profile.dax.dynamicRegions) return;
    const mapping = new DaxMapping(this, this.mappingIds.alloc(), range);
    range.mapping = mapping;
    mapping.register();
  }

  #trimLastRange(): void {
    const range = this.ranges.pop();
    if (range) this.region.resources.release(range.allocation);
    this.#sizeChanged();
  }

  #resizeLast(range: DaxRange, end: bigint): Errno | undefined {
    const refused = this.region.resources.resize(range.allocation, end);
    range.mapping?.directory.contentChanged('end');
    this.#sizeChanged();
    return refused;
  }

  #sizeChanged(): void {
    this.directory.contentChanged('size', 'resource');
    this.region.contentChanged('available_size');
    this.region.bus.resized(this);
  }
}

/** devm_create_dev_dax: the id, the device, its range, then its place in the tree. ENOMEM when the range is taken. */
export function createDevDax(region: DaxRegion, options: DevDaxOptions): Result<DevDax> {
  if (region.static !== (options.id !== undefined)) return EINVAL;
  const device = new DevDax(region, options.id ?? region.ids.alloc(), options);
  const refused = device.allocRange(region.resources.start, options.size);
  if (refused) {
    device.abandon();
    return refused;
  }
  device.register();
  return device;
}
