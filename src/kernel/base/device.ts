import { group, ro } from '../fs/attribute.ts';
import { DeviceNode } from '../fs/device-node.ts';
import { type ChildSource, Directory } from '../fs/directory.ts';
import type { Caller, OpenFile } from '../fs/file-system.ts';
import { ENXIO, type Result } from '../lib/errno.ts';
import { type DeviceNumber, formatDeviceNumber, S_IFBLK, S_IFCHR } from '../lib/stat.ts';
import type { Bus } from './bus.ts';
import type { DeviceClass } from './class.ts';
import type { DriverCore } from './core.ts';
import { Devres } from './devres.ts';
import { addDeviceNode, removeDeviceNode } from './devtmpfs.ts';
import type { Driver } from './driver.ts';
import { deviceUevent, sendUevent, syntheticUeventRefused, type UeventObject } from './kobject-uevent.ts';
import { addPowerDirectory } from './power.ts';
import { KERN_ERR } from './printk.ts';

const ueventAttributes = group<UeventObject>({ uevent: deviceUevent });
const devAttribute = group<Device>(
  { dev: ro(device => `${formatDeviceNumber(device.number!)}\n`) },
  { stable: true },
);

/** drivers/base/core.c `struct device`. Subclasses say what they are; `add` and `remove` do the rest in the kernel's order. */
export class Device implements UeventObject {
  readonly core: DriverCore;
  readonly name: string;
  readonly parent: Device | undefined;
  readonly directory: Directory;
  readonly devres = new Devres();
  /** Devices below, in the order in which they were added. */
  readonly children = new Set<Device>();
  driver: Driver | undefined;
  /** What the bound driver keeps here (`dev_set_drvdata`). */
  driverData: unknown;
  /** Between device_add and device_del. */
  registered = false;
  readonly #parentDirectory: Directory;

  /** @param parent the device above, or the directory of a device that has none */
  constructor(core: DriverCore, name: string, parent: Device | Directory) {
    this.core = core;
    this.name = name;
    this.parent = parent instanceof Device ? parent : undefined;
    this.#parentDirectory = parent instanceof Device ? parent.directory : parent;
    this.directory = new Directory(this.#parentDirectory.tree, this.#parentDirectory, name);
  }

  get bus(): Bus | undefined {
    return undefined;
  }

  get class(): DeviceClass | undefined {
    return undefined;
  }

  get number(): DeviceNumber | undefined {
    return undefined;
  }

  /** /dev name; the kernel turns `!` into `/`. */
  get nodeName(): string {
    return this.name;
  }

  get nodeMode(): number {
    return 0o600;
  }

  get isBlock(): boolean {
    return false;
  }

  /** device_type.name: the DEVTYPE key. */
  get devtype(): string | undefined {
    return undefined;
  }

  /** Whether there is a `power` directory. */
  get powerManaged(): boolean {
    return true;
  }

  /** The nearest node of the hardware, or −1. */
  get numaNode(): number {
    return this.parent?.numaNode ?? -1;
  }

  /** The attribute groups and other children of the device's directory. */
  groups(): ChildSource[] {
    return [];
  }

  /** Keys of the bus, class and type, after DRIVER. */
  typeUeventKeys(): string[] {
    return [];
  }

  /** open(2) of the device's node. */
  openNode(_flags: number, _caller: Caller): Result<OpenFile> {
    return ENXIO;
  }

  /** The uevent file tells the driver. */
  setDriver(driver: Driver | undefined): void {
    this.driver = driver;
    this.directory.contentChanged('uevent');
  }

  get subsystem(): string | undefined {
    return this.bus?.name ?? this.class?.name;
  }

  ueventKeys(): string[] {
    const keys: string[] = [];
    const { number, devtype, driver } = this;
    if (number) {
      keys.push(`MAJOR=${number.major}`, `MINOR=${number.minor}`, `DEVNAME=${this.nodeName}`);
      if (this.nodeMode !== 0o600) keys.push(`DEVMODE=0${this.nodeMode.toString(8)}`);
    }
    if (devtype !== undefined) keys.push(`DEVTYPE=${devtype}`);
    if (driver) keys.push(`DRIVER=${driver.name}`);
    keys.push(...this.typeUeventKeys());
    return keys;
  }

  ueventRefused(errno: number): void {
    this.log(KERN_ERR, syntheticUeventRefused(this.core, errno));
  }

  /** dev_printk: prefixed with the driver's, bus's or class's name. */
  log(level: number, text: string): void {
    this.core.printk.print(level, `${this.logPrefix}: ${text}`, this.#dictionary(this.subsystem));
  }

  /** dev_driver_string and dev_name. */
  get logPrefix(): string {
    return `${this.driver?.name ?? this.subsystem ?? ''} ${this.name}`;
  }

  #dictionary(subsystem: string | undefined): string[] {
    if (subsystem === undefined) return [];
    const id = this.number
      ? `${this.isBlock ? 'b' : 'c'}${formatDeviceNumber(this.number)}`
      : `+${subsystem}:${this.name}`;
    return [`SUBSYSTEM=${subsystem}`, `DEVICE=${id}`];
  }

  /** device_add: the tree first, then the uevent, then the drivers. */
  add(): void {
    const { core, directory, bus, number } = this;
    this.#parentDirectory.add(directory);
    directory.attach(ueventAttributes.of(this));
    for (const source of this.groups()) directory.attach(source);
    this.class?.link(this);
    bus?.link(this);
    if (this.powerManaged) addPowerDirectory(directory);
    if (number) {
      directory.attach(devAttribute.of(this));
      this.#numberDirectory.addLink(formatDeviceNumber(number), directory);
      const open = this.openNode.bind(this);
      const type = this.isBlock ? S_IFBLK : S_IFCHR;
      addDeviceNode(
        core.dev,
        this.nodeName,
        (parent, name) => new DeviceNode(parent, name, this.nodeMode, number, open, type),
      );
    }
    this.registered = true;
    sendUevent(this, 'add');
    bus?.probeNewDevice(this);
    this.parent?.children.add(this);
  }

  /** device_del: drivers let go first; the name is gone when this returns. */
  remove(): void {
    const { core, directory, bus, number } = this;
    this.parent?.children.delete(this);
    this.registered = false;
    directory.remove('power');
    if (number) {
      removeDeviceNode(core.dev, this.nodeName);
      this.#numberDirectory.remove(formatDeviceNumber(number));
    }
    this.class?.unlink(this);
    bus?.unlink(this);
    this.driver?.detach(this);
    this.devres.releaseAll();
    sendUevent(this, 'remove');
    this.#parentDirectory.remove(this.name);
    this.released();
  }

  /** The last reference is gone. */
  protected released(): void {}

  get #numberDirectory(): Directory {
    return this.isBlock ? this.core.blockDirectory : this.core.charDirectory;
  }
}

/** A device without bus and class at the top of a subsystem: /sys/devices/system/memory, /sys/devices/platform. */
export class RootDevice extends Device {
  readonly #groups: readonly ChildSource[];

  constructor(core: DriverCore, name: string, parent: Directory, groups: readonly ChildSource[] = []) {
    super(core, name, parent);
    this.#groups = groups;
  }

  override groups(): ChildSource[] {
    return [...this.#groups];
  }
}
