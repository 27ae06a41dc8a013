import { type PlatformBus, PlatformDevice } from '../base/platform.ts';

/** drivers/acpi/acpi_platform.c: a platform device that stands for one of the firmware's name space, `ACPI0012:00`. */
export class AcpiPlatformDevice extends PlatformDevice {
  override readonly acpiId: string;

  constructor(bus: PlatformBus, hid: string) {
    super(bus, `${hid}:00`);
    this.acpiId = hid;
  }

  override get modalias(): string {
    return `acpi:${this.acpiId}:`;
  }
}
