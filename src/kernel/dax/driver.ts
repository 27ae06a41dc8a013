import type { Device } from '../base/device.ts';
import { Driver } from '../base/driver.ts';
import type { Module } from '../base/module.ts';
import { group, wo } from '../fs/attribute.ts';
import type { ChildSource } from '../fs/directory.ts';
import { EINVAL, type Errno, isErrno, type Result, refusal } from '../lib/errno.ts';
import { stripNewline } from '../lib/kstrtox.ts';
import type { DaxBus } from './bus.ts';
import type { DaxFileOperations } from './dax-file.ts';
import { DevDax } from './dev-dax.ts';

/** drivers/dax/bus.c `struct dax_device_driver`: a driver of the dax bus, with the ids that users gave it. */
export abstract class DaxDriver extends Driver {
  /** DAXDRV_DEVICE_TYPE, DAXDRV_KMEM_TYPE or DAXDRV_FSDEV_TYPE, which no region asks for. */
  abstract readonly kind: 'device' | 'kmem' | 'fsdev';
  /** What cdev_init gives the node in /dev; none where the driver has no node. */
  readonly fileOperations: DaxFileOperations = {};
  readonly daxBus: DaxBus;
  readonly #ids = new Set<string>();

  constructor(bus: DaxBus, name: string, module: Module) {
    super(bus, name, module);
    this.daxBus = bus;
  }

  abstract probeDax(dax: DevDax): Errno | undefined;

  override probe(device: Device): Errno | undefined {
    return device instanceof DevDax ? this.probeDax(device) : EINVAL;
  }

  protected override mismatch(device: Device): string {
    return `${super.mismatch(device)}: write that to new_id first`;
  }

  override groups(): ChildSource[] {
    return [idAttributes.of(this)];
  }

  hasId(name: string): boolean {
    return this.#ids.has(name);
  }

  /** A write to new_id: then every device that matches, by id or by type, is offered. */
  addId(text: string): Errno | undefined {
    const name = parseId(text);
    if (isErrno(name)) return name;
    this.#ids.add(name);
    this.attachAll();
    return undefined;
  }

  /** A write to remove_id: a device that is bound stays bound. */
  removeId(text: string): Errno | undefined {
    const name = parseId(text);
    if (isErrno(name)) return name;
    this.#ids.delete(name);
    return undefined;
  }

  override unregister(): void {
    this.#ids.clear();
    super.unregister();
  }
}

const idAttributes = group<DaxDriver>({
  new_id: wo((driver, text) => driver.addId(text)),
  remove_id: wo((driver, text) => driver.removeId(text)),
});

const S32_MAX = 2 ** 31 - 1;

/** do_id_store: what `sscanf("dax%d.%d")` reads must print back as the same text. */
function parseId(text: string): Result<string> {
  const name = stripNewline(text);
  const fields = /^dax(-?\d+)\.(-?\d+)$/.exec(name);
  return fields && isCanonical(fields[1]!) && isCanonical(fields[2]!)
    ? name
    : refusal(EINVAL, `${JSON.stringify(name)} is no name of a dax device, as daxN.M`);
}

function isCanonical(digits: string): boolean {
  const value = Number(digits);
  return value <= S32_MAX && value >= -S32_MAX - 1 && `${value}` === digits;
}
