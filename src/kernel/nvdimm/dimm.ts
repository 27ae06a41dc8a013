import type { Device } from '../base/device.ts';
import type { Module } from '../base/module.ts';
import { group, ro } from '../fs/attribute.ts';
import { CharacterFile } from '../fs/character-file.ts';
import type { ChildSource } from '../fs/directory.ts';
import type { Caller, OpenFile } from '../fs/file-system.ts';
import { ENXIO, type Errno, type Result } from '../lib/errno.ts';
import { dec } from '../lib/format.ts';
import type { IdAllocator } from '../lib/id-allocator.ts';
import type { DeviceNumber } from '../lib/stat.ts';
import type { DimmHardware } from './dimm-hardware.ts';
import type { LabelArea } from './label-area.ts';
import { ND_DEVICE_DIMM, type NdBus, NdDevice, NdDriver, ndDeviceAttributes } from './nd-bus.ts';
import { type DimmSecurity, type SecuredDimm, securityAttributes } from './security.ts';

export interface NvdimmOptions {
  readonly ids: IdAllocator;
  readonly major: number;
  /** Names of the commands that the DIMM takes. */
  readonly commands: readonly string[];
  /** Files of the provider, in a directory of its name. */
  readonly provider: { readonly name: string; readonly files: ChildSource };
  readonly erase: () => void;
}

/** drivers/nvdimm/dimm_devs.c `struct nvdimm`: nmemN. */
export class Nvdimm extends NdDevice implements SecuredDimm {
  readonly hardware: DimmHardware;
  readonly commands: readonly string[];
  /** NDD_LABELING: valid labels were found. */
  labeling = false;
  /** NDD_LOCKED: the content cannot be reached. */
  locked = false;
  /** Regions in use. */
  busy = 0;
  readonly erase: () => void;
  readonly #number: DeviceNumber;
  readonly #ids: IdAllocator;

  constructor(bus: NdBus, parent: Device, hardware: DimmHardware, options: NvdimmOptions) {
    const id = options.ids.alloc();
    super(bus, `nmem${id}`, parent);
    this.#ids = options.ids;
    this.hardware = hardware;
    this.commands = options.commands;
    this.erase = options.erase;
    this.#number = { major: options.major, minor: id };
    this.directory.addDirectory(options.provider.name).attach(options.provider.files);
    this.directory.addDirectory('firmware');
  }

  get ndType(): number {
    return ND_DEVICE_DIMM;
  }

  override get devtype(): string {
    return 'nvdimm';
  }

  override get number(): DeviceNumber {
    return this.#number;
  }

  get security(): DimmSecurity | undefined {
    return this.hardware.security;
  }

  get active(): boolean {
    return this.busy > 0;
  }

  /** The labels, while the nvdimm driver has read them (`ndd`). */
  get labels(): LabelArea | undefined {
    return this.driver ? this.hardware.labels : undefined;
  }

  override groups(): ChildSource[] {
    return [ndDeviceAttributes.of(this), dimmAttributes.of(this), securityAttributes.of(this)];
  }

  protected override released(): void {
    this.#ids.free(this.#number.minor);
  }

  override openNode(_flags: number, _caller: Caller): Result<OpenFile> {
    return new CharacterFile();
  }
}

const words = (list: readonly string[]): string => `${list.map(word => `${word} `).join('')}\n`;

const dimmAttributes = group<Nvdimm>({
  available_slots: ro(dimm => (dimm.labels ? dec(Math.max(dimm.labels.freeSlots - 1, 0)) : ENXIO)),
  commands: ro(dimm => words(dimm.commands), { stable: true }),
  flags: ro(dimm => words([...(dimm.labeling ? ['label'] : []), ...(dimm.locked ? ['lock'] : [])])),
  state: ro(dimm => (dimm.active ? 'active\n' : 'idle\n')),
});

/** drivers/nvdimm/dimm.c: reads the labels. */
export class NvdimmDriver extends NdDriver {
  readonly types = [ND_DEVICE_DIMM];

  constructor(bus: NdBus, module: Module) {
    super(bus, 'nvdimm', module);
  }

  override probe(device: Device): Errno | undefined {
    const dimm = device as Nvdimm;
    dimm.security?.unlock();
    dimm.locked = dimm.security?.state === 'locked';
    if (dimm.hardware.labels?.version) dimm.labeling = true;
    return undefined;
  }
}
