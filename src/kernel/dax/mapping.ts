import { Device } from '../base/device.ts';
import { group, ro } from '../fs/attribute.ts';
import type { ChildSource } from '../fs/directory.ts';
import { ENXIO, type Result, refusal } from '../lib/errno.ts';
import { hex } from '../lib/format.ts';
import type { DaxRange, DevDax } from './dev-dax.ts';

/** drivers/dax/bus.c `struct dax_mapping`: mappingN, a device without bus and class that shows one range. */
export class DaxMapping extends Device {
  readonly id: number;
  range: DaxRange | undefined;
  readonly #dax: DevDax;
  #forget: () => void = () => {};

  constructor(dax: DevDax, id: number, range: DaxRange) {
    super(dax.core, `mapping${id}`, dax);
    this.#dax = dax;
    this.id = id;
    this.range = range;
  }

  override groups(): ChildSource[] {
    return [mappingAttributes.of(this)];
  }

  /** devm_register_dax_mapping */
  register(): void {
    this.add();
    this.#forget = this.#dax.region.parent.devres.add(() => this.unregister());
  }

  /** unregister_dax_mapping */
  unregister(): void {
    this.#forget();
    this.range = undefined;
    this.remove();
    this.#dax.mappingIds.free(this.id);
  }
}

function show(mapping: DaxMapping, value: (range: DaxRange) => bigint): Result<string> {
  return mapping.range ? hex(value(mapping.range)) : refusal(ENXIO, 'the range is gone');
}

const mappingAttributes = group<DaxMapping>(
  {
    start: ro(mapping => show(mapping, range => range.allocation.start), { mode: 0o400 }),
    end: ro(mapping => show(mapping, range => range.allocation.end), { mode: 0o400 }),
    page_offset: ro(mapping => show(mapping, range => range.pageOffset), { mode: 0o400 }),
  },
  { stable: true },
);
