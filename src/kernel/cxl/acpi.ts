import { Device } from '../base/device.ts';
import { Driver } from '../base/driver.ts';
import type { Module } from '../base/module.ts';
import type { PlatformBus } from '../base/platform.ts';
import { group, ro } from '../fs/attribute.ts';
import type { ChildSource } from '../fs/directory.ts';
import type { Errno } from '../lib/errno.ts';
import {
  IORES_DESC_CXL,
  IORESOURCE_MEM,
  insertExpandToFit,
  Resource,
  removeResource,
} from '../resource/resource.ts';
import { CxlPort } from './port.ts';
import { RootDecoder } from './root-decoder.ts';
import type { CxlSystem } from './system.ts';

const DEFAULT_GRANULARITY = 256;

/** `ACPI0017:00`, the platform device that stands for the CXL root. */
export class CxlRootDevice extends Device {
  readonly #bus: PlatformBus;

  constructor(bus: PlatformBus) {
    super(bus.core, 'ACPI0017:00', bus.root);
    this.#bus = bus;
  }

  override get bus(): PlatformBus {
    return this.#bus;
  }

  override groups(): ChildSource[] {
    return [modalias.of(this)];
  }

  override typeUeventKeys(): string[] {
    return ['MODALIAS=acpi:ACPI0017:'];
  }
}

const modalias = group<CxlRootDevice>({ modalias: ro(() => 'acpi:ACPI0017:\n') });

/** drivers/cxl/acpi.c: root0, the windows in /proc/iomem with a root decoder each, a port for every host bridge. */
export class CxlAcpiDriver extends Driver {
  readonly #system: CxlSystem;
  readonly #device: CxlRootDevice;

  constructor(system: CxlSystem, device: CxlRootDevice, module: Module) {
    super(device.bus, 'cxl_acpi', module);
    this.#system = system;
    this.#device = device;
  }

  /** acpi_match_device: by the hardware id, which is not the name. */
  override register(): void {
    super.register();
    this.attach(this.#device);
  }

  override bind(name: string): Errno | undefined {
    return name === this.#device.name ? this.attach(this.#device) : super.bind(name);
  }

  override probe(device: Device): undefined {
    const { devres } = device;
    const system = this.#system;
    const root = new CxlPort(system.bus, 'root', system.portIds.alloc(), device);
    devres.add(() => system.portIds.free(root.portId));
    for (const { uid, device: bridge } of system.board.bridges) root.addDport({ id: uid, device: bridge });
    root.add();
    devres.add(() => root.remove());
    this.#addWindows(root, devres);
    devres.add(() => root.removeDecoders());
    for (const { uid, device: bridge, memdevs } of system.board.bridges) {
      const dport = { id: uid, device: bridge };
      const port = new CxlPort(system.bus, 'port', system.portIds.alloc(), bridge, { port: root, dport });
      devres.add(() => system.portIds.free(port.portId));
      for (const { rootPort } of memdevs) port.addDport(rootPort);
      system.bridgePorts.set(bridge, port);
      port.add();
      devres.add(() => {
        system.bridgePorts.delete(bridge);
        port.remove();
      });
    }
    system.rescan();
    devres.add(() => system.detachMemdevs());
    return undefined;
  }

  #addWindows(root: CxlPort, devres: Device['devres']): void {
    const system = this.#system;
    const { iomem } = system.dax.memory;
    for (const [i, window] of system.board.windows.entries()) {
      const resource = new Resource({
        start: window.start,
        end: window.end,
        name: `CXL Window ${i}`,
        flags: IORESOURCE_MEM,
        desc: IORES_DESC_CXL,
      });
      insertExpandToFit(iomem, resource);
      devres.add(() => removeResource(resource));
      const decoder = new RootDecoder(root, i, {
        resource,
        targets: window.bridges.map(bridge => bridge.device),
        granularity: window.granularity ?? DEFAULT_GRANULARITY,
        memregions: system.memregions,
        targetNode: window.targetNode,
      });
      root.addDecoder(decoder);
    }
  }
}
