import { Bus } from '../base/bus.ts';
import type { DriverCore } from '../base/core.ts';
import { Device, RootDevice } from '../base/device.ts';
import type { Driver } from '../base/driver.ts';
import { group, ro } from '../fs/attribute.ts';
import type { ChildSource } from '../fs/directory.ts';

/** drivers/acpi/bus.c, as far as one root device needs it. */
export class AcpiBus extends Bus {
  /** \_SB */
  readonly system: Device;

  constructor(core: DriverCore) {
    super(core, 'acpi');
    const root = new RootDevice(core, 'LNXSYSTM:00', core.devicesDirectory);
    root.add();
    this.system = new RootDevice(core, 'LNXSYBUS:00', root.directory);
    this.system.add();
  }

  override match(device: Device, driver: Driver): boolean {
    return device instanceof AcpiDevice && device.driverName === driver.name;
  }
}

/** A device of the ACPI name space. */
export class AcpiDevice extends Device {
  /** The only driver for it. */
  readonly driverName: string;
  readonly hid: string;
  readonly #bus: AcpiBus;

  constructor(bus: AcpiBus, hid: string, driver: string) {
    super(bus.core, `${hid}:00`, bus.system);
    this.#bus = bus;
    this.hid = hid;
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
  },
  { stable: true },
);
