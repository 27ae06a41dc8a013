import type { Device } from '../base/device.ts';
import { Driver } from '../base/driver.ts';
import type { Module } from '../base/module.ts';
import type { Errno } from '../lib/errno.ts';
import { ENODEV } from '../lib/errno.ts';
import { CxlMemdev } from './memdev.ts';
import type { CxlSystem } from './system.ts';
import { CXL_MEMORY_CLASS } from './topology.ts';

/** drivers/cxl/pci.c: a memdev for each memory device of the board. */
export class CxlPciDriver extends Driver {
  readonly pciClass = CXL_MEMORY_CLASS;
  readonly #system: CxlSystem;

  constructor(system: CxlSystem, module: Module) {
    super(system.board.pci, 'cxl_pci', module);
    this.#system = system;
  }

  override probe(device: Device): Errno | undefined {
    const system = this.#system;
    const board = system.board.memdevs.find(({ pci }) => pci === device);
    if (!board) return ENODEV;
    const { number, ramBytes } = board;
    const memdev = new CxlMemdev(system.bus, device, {
      number,
      ramBytes,
      serial: BigInt(number + 1),
      numaNode: system.dax.memory.nodes.nearestOnline(0),
    });
    system.memdevs.push(memdev);
    memdev.add();
    device.devres.add(() => {
      system.memdevs.splice(system.memdevs.indexOf(memdev), 1);
      memdev.remove();
    });
    return undefined;
  }
}
