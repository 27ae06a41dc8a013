import { type AcpiBus, AcpiDevice } from '../acpi/acpi.ts';
import { AcpiPlatformDevice } from '../acpi/acpi-platform.ts';
import type { DriverCore } from '../base/core.ts';
import type { Device } from '../base/device.ts';
import type { PlatformBus } from '../base/platform.ts';
import type { DaxBus } from '../dax/bus.ts';
import { isErrno } from '../lib/errno.ts';
import { IdAllocator } from '../lib/id-allocator.ts';
import { isCovered, type Range } from '../lib/range.ts';
import { CxlBus } from './bus.ts';
import { EndpointDecoder } from './endpoint-decoder.ts';
import type { CxlMemdev } from './memdev.ts';
import type { CxlPort } from './port.ts';
import { CXL_CONFIG_COMMIT, CxlRegion } from './region.ts';
import { RootDecoder } from './root-decoder.ts';
import { type BoardWindow, CxlBoard, type CxlWindow } from './topology.ts';

/** What the cxl provider needs of the machine. */
export interface CxlServices {
  readonly acpi: AcpiBus;
  readonly platform: PlatformBus;
  readonly dax: DaxBus;
  /** memregion_alloc: ids shared by hmem, nd and cxl regions. */
  readonly memregions: IdAllocator;
  /** In address order. */
  readonly windows: readonly CxlWindow[];
}

/** The CXL hardware of one machine and what the modules made of it. */
export class CxlSystem {
  readonly core: DriverCore;
  readonly dax: DaxBus;
  readonly memregions: IdAllocator;
  readonly board: CxlBoard;
  readonly platform: PlatformBus;
  readonly portIds = new IdAllocator();
  /** By the device of the host bridge. */
  readonly bridgePorts = new Map<Device, CxlPort>();
  readonly memdevs: CxlMemdev[] = [];
  #bus: CxlBus | undefined;

  constructor({ acpi, platform, dax, memregions, windows }: CxlServices) {
    this.core = platform.core;
    this.dax = dax;
    this.memregions = memregions;
    this.board = new CxlBoard(acpi, this.supported ? windows : []);
    this.platform = platform;
    if (this.board.windows.length > 0) this.#addRootDevice(acpi);
  }

  #addRootDevice(acpi: AcpiBus): void {
    const root = new AcpiPlatformDevice(this.platform, 'ACPI0017');
    root.add();
    const firmware = new AcpiDevice(acpi, { hid: 'ACPI0017', path: '\\_SB_.CXLM' }, acpi.system);
    firmware.add();
    firmware.isOf(root);
  }

  /** Volatile regions came with Linux 6.3, as did hmem_platform, which leaves memory to them. */
  get supported(): boolean {
    return this.core.profile.dax.hmemPlatform;
  }

  /** The bus; cxl_core is part of the kernel. */
  get bus(): CxlBus {
    this.#bus ??= new CxlBus(this.core);
    return this.#bus;
  }

  /** cxl_region_contains_resource: whether one committed region has all of a range. */
  contains(range: Range): boolean {
    return [...this.bus.devices.values()].some(
      device =>
        device instanceof CxlRegion &&
        device.state >= CXL_CONFIG_COMMIT &&
        device.resource !== undefined &&
        isCovered(range, [device.resource]),
    );
  }

  /** cxl_bus_rescan: memory devices that came before their ports. */
  rescan(): void {
    for (const memdev of this.memdevs) this.bus.attach(memdev);
  }

  /** The ports above are going: every memory device lets go first. */
  detachMemdevs(): void {
    for (const memdev of [...this.memdevs].reverse()) memdev.driver?.detach(memdev);
  }

  /** cxl_add_to_region: with the last of its memory devices, the region that the firmware committed is complete. */
  adoptCommitted(memdev: CxlMemdev): void {
    for (const [i, window] of this.board.windows.entries()) {
      const decoders = this.#firstDecoders(window);
      if (!window.committedBytes || !decoders?.some(decoder => decoder.memdev === memdev)) continue;
      const root = this.bus.devices.get(`decoder0.${i}`);
      if (!(root instanceof RootDecoder) || root.regions().length > 0) continue;
      for (const decoder of decoders) {
        decoder.setMode('ram');
        decoder.allocateDpa(window.committedBytes / BigInt(decoders.length));
      }
      const region = root.createRegion(root.regionId);
      if (!isErrno(region)) region.adopt(window.start, window.committedBytes, decoders);
    }
  }

  /** The first decoder of each memory device below a window, in interleave order; undefined while one is missing. */
  #firstDecoders({ bridges }: BoardWindow): EndpointDecoder[] | undefined {
    const decoders: EndpointDecoder[] = [];
    const perBridge = bridges[0]?.memdevs.length ?? 0;
    for (let i = 0; i < perBridge; i++) {
      for (const bridge of bridges) {
        const { number } = bridge.memdevs[i]!;
        const first = this.memdevs.find(({ options }) => options.number === number)?.endpoint?.decoders[0];
        if (!(first instanceof EndpointDecoder)) return undefined;
        decoders.push(first);
      }
    }
    return decoders;
  }
}
