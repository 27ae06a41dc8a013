import type { Device } from '../base/device.ts';
import { group, ro } from '../fs/attribute.ts';
import type { ChildSource } from '../fs/directory.ts';
import { dec, hex } from '../lib/format.ts';
import type { DeviceNumber } from '../lib/stat.ts';
import { CXL_DEVICE_MEMORY_EXPANDER, type CxlBus, CxlDevice } from './bus.ts';
import type { EndpointDecoder } from './endpoint-decoder.ts';
import type { CxlPort } from './port.ts';

const PAYLOAD_BYTES = 2048;

export interface MemdevOptions {
  /** The N of memN. */
  readonly number: number;
  /** Volatile capacity, bytes. */
  readonly ramBytes: bigint;
  /** PCIe device serial number. */
  readonly serial: bigint;
  /** Node of the PCI device, or −1. */
  readonly numaNode: number;
}

/** drivers/cxl/core/memdev.c `struct cxl_memdev`: memN, on its PCI device. */
export class CxlMemdev extends CxlDevice {
  override get devtype(): string {
    return 'cxl_memdev';
  }

  readonly id = CXL_DEVICE_MEMORY_EXPANDER;
  readonly options: MemdevOptions;
  /** Decoders that hold capacity, in the order of the device's addresses. */
  readonly allocations: EndpointDecoder[] = [];
  endpoint: CxlPort | undefined;

  constructor(bus: CxlBus, pci: Device, options: MemdevOptions) {
    super(bus, `mem${options.number}`, pci);
    this.options = options;
    for (const [partition, bytes] of [
      ['ram', options.ramBytes],
      ['pmem', 0n],
    ] as const)
      this.directory.addDirectory(partition).attach(partitionAttributes.of({ bytes }));
  }

  get ramBytes(): bigint {
    return this.options.ramBytes;
  }

  override get number(): DeviceNumber {
    return { major: this.core.profile.cxlMajor, minor: this.options.number };
  }

  override get nodeName(): string {
    return `cxl/${this.name}`;
  }

  override get numaNode(): number {
    return this.options.numaNode;
  }

  override groups(): ChildSource[] {
    return [...super.groups(), memdevAttributes.of(this)];
  }
}

const partitionAttributes = group<{ readonly bytes: bigint }>({ size: ro(({ bytes }) => hex(bytes)) });

const memdevAttributes = group<CxlMemdev>({
  firmware_version: ro(() => 'BWFW VERSION 00\n'),
  label_storage_size: ro(() => '0\n'),
  numa_node: ro(memdev => dec(memdev.numaNode)),
  payload_max: ro(() => dec(PAYLOAD_BYTES)),
  serial: ro(memdev => hex(memdev.options.serial)),
});
