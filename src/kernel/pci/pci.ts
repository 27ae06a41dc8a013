import { Bus } from '../base/bus.ts';
import type { DriverCore } from '../base/core.ts';
import { Device } from '../base/device.ts';
import type { Driver } from '../base/driver.ts';
import { group, ro } from '../fs/attribute.ts';
import type { ChildSource, Directory } from '../fs/directory.ts';
import { hexPad } from '../lib/format.ts';

/** What a PCI function says of itself. */
export interface PciId {
  readonly vendor: number;
  readonly device: number;
  /** Base class, subclass and programming interface, of 24 bits. */
  readonly class: number;
}

/** A driver that takes devices by their class. */
export interface PciClassDriver {
  readonly pciClass: number;
}

/** drivers/pci/pci-driver.c, as far as devices of one class need it. */
export class PciBus extends Bus {
  constructor(core: DriverCore) {
    super(core, 'pci');
  }

  override match(device: Device, driver: Driver & Partial<PciClassDriver>): boolean {
    return device instanceof PciDevice && driver.pciClass === device.id.class;
  }
}

/** A PCI function, `DOMAIN:BUS:DEVICE.FUNCTION`. */
export class PciDevice extends Device {
  readonly id: PciId;
  readonly #bus: PciBus;

  constructor(bus: PciBus, name: string, parent: Device | Directory, id: PciId) {
    super(bus.core, name, parent);
    this.#bus = bus;
    this.id = id;
  }

  override get bus(): Bus {
    return this.#bus;
  }

  override groups(): ChildSource[] {
    return [pciAttributes.of(this)];
  }

  get modalias(): string {
    const { vendor, device } = this.id;
    const code = hexPad(this.id.class, 6).toUpperCase();
    const [base, sub, programming] = [code.slice(0, 2), code.slice(2, 4), code.slice(4)];
    const ids = `v${upper(vendor, 8)}d${upper(device, 8)}sv${upper(0, 8)}sd${upper(0, 8)}`;
    return `pci:${ids}bc${base}sc${sub}i${programming}`;
  }

  /** pci_uevent */
  override typeUeventKeys(): string[] {
    const { vendor, device } = this.id;
    return [
      `PCI_CLASS=${this.id.class.toString(16).toUpperCase()}`,
      `PCI_ID=${upper(vendor, 4)}:${upper(device, 4)}`,
      'PCI_SUBSYS_ID=0000:0000',
      `PCI_SLOT_NAME=${this.name}`,
      `MODALIAS=${this.modalias}`,
    ];
  }
}

function upper(value: number, width: number): string {
  return hexPad(value, width).toUpperCase();
}

const pciAttributes = group<PciDevice>(
  {
    class: ro(device => `0x${hexPad(device.id.class, 6)}\n`),
    device: ro(device => `0x${hexPad(device.id.device, 4)}\n`),
    modalias: ro(device => `${device.modalias}\n`),
    vendor: ro(device => `0x${hexPad(device.id.vendor, 4)}\n`),
  },
  { stable: true },
);
