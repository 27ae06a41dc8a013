import type { DeviceClass } from '../base/class.ts';
import { Device } from '../base/device.ts';
import type { Module } from '../base/module.ts';
import { group, ro } from '../fs/attribute.ts';
import { CharacterFile } from '../fs/character-file.ts';
import type { ChildSource } from '../fs/directory.ts';
import type { Caller, OpenFile } from '../fs/file-system.ts';
import type { Errno, Result } from '../lib/errno.ts';
import { dec } from '../lib/format.ts';
import type { DeviceNumber } from '../lib/stat.ts';
import { ND_DEVICE_BUS, type NdBus, NdDevice, NdDriver } from './nd-bus.ts';
import type { NvdimmSubsystem } from './nvdimm.ts';
import { NdRegion } from './region.ts';

export interface ProviderOptions {
  /** `ACPI.NFIT`, `e820`. */
  readonly provider: string;
  /** Names of the commands that the bus takes. */
  readonly commands: readonly string[];
  /** Files of the provider, in a directory of its name. */
  readonly files?: { readonly name: string; readonly source: ChildSource };
}

interface NvdimmBusOptions extends ProviderOptions {
  readonly id: number;
  readonly class: DeviceClass;
  readonly major: number;
}

/** drivers/nvdimm/bus.c `struct nvdimm_bus`: ndbusK, everything that one provider describes. */
export class NvdimmBus extends NdDevice {
  readonly provider: string;
  readonly commands: readonly string[];
  readonly options: NvdimmBusOptions;

  constructor(bus: NdBus, parent: Device, options: NvdimmBusOptions) {
    super(bus, `ndbus${options.id}`, parent);
    this.provider = options.provider;
    this.commands = options.commands;
    this.options = options;
    const { files } = options;
    if (files) this.directory.addDirectory(files.name).attach(files.source);
    this.directory.addDirectory('firmware');
  }

  get ndType(): number {
    return ND_DEVICE_BUS;
  }

  override groups(): ChildSource[] {
    return [busAttributes.of(this)];
  }

  get regions(): NdRegion[] {
    return [...this.children].filter(child => child instanceof NdRegion);
  }

  /** nvdimm_bus_unregister: regions go before the DIMMs they are made of. */
  override remove(): void {
    for (const child of [...this.children].reverse()) child.remove();
    super.remove();
  }
}

/** nvdimm_bus_register: the bus, until the provider lets go of `host`. */
export function createNvdimmBus(
  { core, lib, memory }: NvdimmSubsystem,
  host: Device,
  options: ProviderOptions,
): NvdimmBus {
  const { bus, busIds, class: deviceClass } = lib!;
  const id = busIds.alloc();
  const major = core.profile.nvdimm.ndctlMajor;
  const nvdimmBus = new NvdimmBus(bus, host, { ...options, id, class: deviceClass, major });
  nvdimmBus.add();
  const unsubscribe = memory.known.subscribe(change => {
    for (const region of nvdimmBus.regions) region.badRangesChanged(change);
  });
  host.devres.add(() => {
    unsubscribe();
    nvdimmBus.remove();
    busIds.free(id);
  });
  return nvdimmBus;
}

const busAttributes = group<NvdimmBus>(
  {
    commands: ro(bus => `${bus.commands.map(command => `${command} `).join('')}\n`),
    provider: ro(bus => `${bus.provider}\n`),
    wait_probe: ro(() => dec(1)),
  },
  { stable: true },
);

/** get_device_parent: the directory of the class between a bus and its control device. */
const GLUE = 'nd';

/** /dev/ndctlK, below its bus. */
class ControlDevice extends Device {
  readonly #nvdimmBus: NvdimmBus;

  constructor(bus: NvdimmBus) {
    super(bus.core, `ndctl${bus.options.id}`, bus.directory.addDirectory(GLUE));
    this.#nvdimmBus = bus;
    this.directory.addLink('device', bus.directory);
  }

  override get class(): DeviceClass {
    return this.#nvdimmBus.options.class;
  }

  override get number(): DeviceNumber {
    const { major, id } = this.#nvdimmBus.options;
    return { major, minor: id };
  }

  override get powerManaged(): boolean {
    return this.core.profile.nvdimm.powerDirectories;
  }

  override openNode(_flags: number, _caller: Caller): Result<OpenFile> {
    return new CharacterFile();
  }

  override remove(): void {
    super.remove();
    this.#nvdimmBus.directory.remove(GLUE);
  }
}

/** nd_bus_driver: gives the bus its control device. Cannot be unbound by hand. */
export class NvdimmBusDriver extends NdDriver {
  readonly types = [ND_DEVICE_BUS];

  constructor(bus: NdBus, module: Module) {
    super(bus, 'nd_bus', module);
  }

  override get suppressBindAttributes(): boolean {
    return true;
  }

  override probe(device: Device): Errno | undefined {
    const control = new ControlDevice(device as NvdimmBus);
    control.add();
    device.devres.add(() => control.remove());
    return undefined;
  }
}
