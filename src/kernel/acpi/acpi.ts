import { Bus } from '../base/bus.ts';
import type { DriverCore } from '../base/core.ts';
import { Device } from '../base/device.ts';
import type { Driver } from '../base/driver.ts';
import { group, ro } from '../fs/attribute.ts';
import type { ChildSource, Directory } from '../fs/directory.ts';
import { hexPad } from '../lib/format.ts';

/** What the firmware's name space says of a device. */
export interface AcpiFacts {
  readonly hid: string;
  /** Compatible ids, the closest first. */
  readonly cids?: readonly string[];
  /** Its full name in the name space. */
  readonly path: string;
  /** _UID */
  readonly uid?: number;
  /** The only driver for it. */
  readonly driver?: string;
}

/** drivers/acpi/bus.c, as far as the devices below one root need it. */
export class AcpiBus extends Bus {
  /** \_SB */
  readonly system: AcpiDevice;
  readonly #instances = new Map<string, number>();

  constructor(core: DriverCore) {
    super(core, 'acpi');
    const root = new AcpiDevice(this, { hid: 'LNXSYSTM', path: '\\' }, core.devicesDirectory);
    root.add();
    this.system = new AcpiDevice(this, { hid: 'LNXSYBUS', path: '\\_SB_' }, root);
    this.system.add();
  }

  /** acpi_device_set_name: those of one kind are numbered. */
  instanceOf(hid: string): number {
    const instance = this.#instances.get(hid) ?? 0;
    this.#instances.set(hid, instance + 1);
    return instance;
  }

  override match(device: Device, driver: Driver): boolean {
    return device instanceof AcpiDevice && device.facts.driver === driver.name;
  }
}

/** A device of the ACPI name space. */
export class AcpiDevice extends Device {
  readonly facts: AcpiFacts;
  readonly #bus: AcpiBus;

  constructor(bus: AcpiBus, facts: AcpiFacts, parent: Device | Directory) {
    super(bus.core, `${facts.hid}:${hexPad(bus.instanceOf(facts.hid), 2)}`, parent);
    this.#bus = bus;
    this.facts = facts;
  }

  override get bus(): Bus {
    return this.#bus;
  }

  override groups(): ChildSource[] {
    return [acpiAttributes.of(this)];
  }

  get modalias(): string {
    const { hid, cids = [] } = this.facts;
    return `acpi:${[hid, ...cids].map(id => `${id}:`).join('')}`;
  }

  override typeUeventKeys(): string[] {
    return [`MODALIAS=${this.modalias}`];
  }

  /** acpi_bind_one: this is what the firmware calls a device that another bus has found. */
  isOf(physical: Device): void {
    physical.directory.addLink('firmware_node', this.directory);
    this.directory.addLink('physical_node', physical.directory);
  }
}

const acpiAttributes = group<AcpiDevice>(
  {
    hid: ro(device => `${device.facts.hid}\n`),
    modalias: ro(device => `${device.modalias}\n`),
    path: ro(device => `${device.facts.path}\n`),
    uid: ro(device => `${device.facts.uid}\n`),
  },
  {
    stable: true,
    visible: (device, name, mode) => (name === 'uid' && device.facts.uid === undefined ? 0 : mode),
  },
);
