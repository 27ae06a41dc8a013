import { Bus } from '../base/bus.ts';
import type { DriverCore } from '../base/core.ts';
import { Device } from '../base/device.ts';
import type { Driver } from '../base/driver.ts';
import { group, ro } from '../fs/attribute.ts';
import type { ChildSource, Directory } from '../fs/directory.ts';

/** drivers/acpi/bus.c, as far as one root device needs it. */
export class AcpiBus extends Bus {
  /** \_SB */
  readonly system: AcpiDevice;

  constructor(core: DriverCore) {
    super(core, 'acpi');
    const root = new AcpiDevice(this, 'LNXSYSTM', '\\', core.devicesDirectory);
    root.add();
    this.system = new AcpiDevice(this, 'LNXSYBUS', '\\_SB_', root);
    this.system.add();
  }

  override match(device: Device, driver: Driver): boolean {
    return device instanceof AcpiDevice && device.driverName === driver.name;
  }
}

/** A device of the ACPI name space. */
export class AcpiDevice extends Device {
  readonly hid: string;
  /** Its full name in the name space. */
  readonly path: string;
  /** The only driver for it. */
  readonly driverName: string | undefined;
  readonly #bus: AcpiBus;

  constructor(bus: AcpiBus, hid: string, path: string, parent: Device | Directory, driver?: string) {
    super(bus.core, `${hid}:00`, parent);
    this.#bus = bus;
    this.hid = hid;
    this.path = path;
    this.driverName = driver;
  }

  override get bus(): Bus {
    return this.#bus;
  }

  override groups(): ChildSource[] {
    return [acpiAttributes.of(this)];
  }

  override typeUeventKeys(): string[] {
    return [`MODALIAS=acpi:${this.hid}:`];
  }
}

const acpiAttributes = group<AcpiDevice>(
  {
    hid: ro(device => `${device.hid}\n`),
    modalias: ro(device => `acpi:${device.hid}:\n`),
    path: ro(device => `${device.path}\n`),
  },
  { stable: true },
);
