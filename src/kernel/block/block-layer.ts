import { DeviceClass } from '../base/class.ts';
import type { DriverCore } from '../base/core.ts';
import { Device } from '../base/device.ts';
import { KERN_WARNING } from '../base/printk.ts';
import { group, ro, rw } from '../fs/attribute.ts';
import type { ChildSource, Directory } from '../fs/directory.ts';
import { IdAllocator } from '../lib/id-allocator.ts';

/** blkext: disks without minors of their own. */
export const BLOCK_EXT_MAJOR = 259;

/** What disks share: their class, their numbers, their backing device infos. */
export class BlockLayer {
  readonly core: DriverCore;
  readonly nodesAreFiles: boolean;
  readonly minors = new IdAllocator();
  readonly #block: DeviceClass;
  readonly #bdi: DeviceClass;
  readonly #bdiDirectory: Directory;
  /** block_depr: /sys/block, a link for each disk. */
  readonly #disks: Directory;
  #diskSequence = 0;
  #capabilityRead = false;

  /** @param nodesAreFiles /dev/pmemN are regular files, for programs on a mount */
  constructor(core: DriverCore, nodesAreFiles: boolean) {
    this.core = core;
    this.nodesAreFiles = nodesAreFiles;
    this.#block = new DeviceClass(core, 'block');
    this.#bdi = new DeviceClass(core, 'bdi');
    this.#bdiDirectory = core.virtualDirectory.addDirectory('bdi');
    this.#disks = core.sys.addDirectory('block');
  }

  get class(): DeviceClass {
    return this.#block;
  }

  link(disk: Device): void {
    this.#disks.addLink(disk.name, disk.directory);
  }

  unlink(disk: Device): void {
    this.#disks.remove(disk.name);
  }

  /** The number of a disk among all that ever were. */
  nextDiskSequence(): number {
    return ++this.#diskSequence;
  }

  createBdi(name: string): Device {
    return new BackingDevice(this.core, name, this.#bdiDirectory, this.#bdi);
  }

  /** disk_capability_show: complains once, since 6.5. */
  warnOfCapability(disk: Device): void {
    if (this.#capabilityRead || this.core.profile.blockLayer === '6.1') return;
    this.#capabilityRead = true;
    disk.log(KERN_WARNING, 'the capability attribute has been deprecated.');
  }
}

/** mm/backing-dev.c: `MAJOR:MINOR` in /sys/devices/virtual/bdi. */
class BackingDevice extends Device {
  readonly #class: DeviceClass;

  constructor(core: DriverCore, name: string, directory: Directory, deviceClass: DeviceClass) {
    super(core, name, directory);
    this.#class = deviceClass;
  }

  override get class(): DeviceClass {
    return this.#class;
  }

  override groups(): ChildSource[] {
    return [bdiAttributes.of(this)];
  }
}

const bdiAttributes = group<BackingDevice>({
  max_bytes: ro(() => '0\n'),
  max_ratio: ro(() => '100\n'),
  min_bytes: ro(() => '0\n'),
  min_ratio: ro(() => '0\n'),
  read_ahead_kb: rw(
    () => '128\n',
    () => undefined,
  ),
  stable_pages_required: ro(() => '0\n'),
  strict_limit: ro(() => '0\n'),
});
