import type { Device } from '../base/device.ts';
import { Driver } from '../base/driver.ts';
import type { Module } from '../base/module.ts';
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

/** drivers/cxl/acpi.c: root0, the windows in /proc/iomem with a root decoder each, a port for every host bridge. */
export class CxlAcpiDriver extends Driver {
  readonly #system: CxlSystem;

  override readonly acpiIds = ['ACPI0017'];

  constructor(system: CxlSystem, module: Module) {
    super(system.platform, 'cxl_acpi', module);
    this.#system = system;
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
