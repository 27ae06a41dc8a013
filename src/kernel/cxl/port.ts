import type { Device } from '../base/device.ts';
import { group, ro } from '../fs/attribute.ts';
import type { ChildSource } from '../fs/directory.ts';
import { dec } from '../lib/format.ts';
import { CXL_DEVICE_PORT, CXL_DEVICE_ROOT, type CxlBus, CxlDevice } from './bus.ts';
import type { CxlDecoder } from './decoder.ts';

export type PortKind = 'root' | 'port' | 'endpoint';

/** A downstream port: the id that decoders target, and the device behind it. */
export interface Dport {
  readonly id: number;
  readonly device: Device;
}

/** drivers/cxl/core/port.c `struct cxl_port`: root0, portN of a host bridge, endpointN of a memory device. */
export class CxlPort extends CxlDevice {
  override get devtype(): string {
    return 'cxl_port';
  }

  readonly kind: PortKind;
  readonly portId: number;
  /** What publishes the port: the platform device, the host bridge, or the memory device. */
  readonly uport: Device;
  readonly above: CxlPort | undefined;
  readonly parentDport: Dport | undefined;
  readonly dports: Dport[] = [];
  readonly decoders: CxlDecoder[] = [];

  constructor(
    bus: CxlBus,
    kind: PortKind,
    portId: number,
    uport: Device,
    above?: { readonly port: CxlPort; readonly dport: Dport },
  ) {
    super(bus, `${kind}${portId}`, above?.port ?? uport);
    this.kind = kind;
    this.portId = portId;
    this.uport = uport;
    this.above = above?.port;
    this.parentDport = above?.dport;
    this.directory.addLink('uport', uport.directory);
    if (above) this.directory.addLink('parent_dport', above.dport.device.directory);
  }

  get id(): number {
    return this.kind === 'root' ? CXL_DEVICE_ROOT : CXL_DEVICE_PORT;
  }

  override groups(): ChildSource[] {
    return [...super.groups(), portAttributes.of(this)];
  }

  addDport(dport: Dport): void {
    this.dports.push(dport);
    this.directory.addLink(`dport${dport.id}`, dport.device.directory);
  }

  addDecoder(decoder: CxlDecoder): void {
    this.decoders.push(decoder);
    decoder.add();
  }

  /** Newest first, as managed resources go. */
  removeDecoders(): void {
    for (let decoder = this.decoders.pop(); decoder; decoder = this.decoders.pop()) decoder.remove();
  }
}

const portAttributes = group<CxlPort>({
  decoders_committed: ro(port => dec(port.decoders.filter(decoder => decoder.enabled).length)),
});
