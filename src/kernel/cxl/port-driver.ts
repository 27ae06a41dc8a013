import type { Device } from '../base/device.ts';
import type { Module } from '../base/module.ts';
import { ENXIO, type Errno } from '../lib/errno.ts';
import { CXL_DEVICE_MEMORY_EXPANDER, CXL_DEVICE_PORT, CxlDriver } from './bus.ts';
import { SwitchDecoder } from './decoder.ts';
import { EndpointDecoder } from './endpoint-decoder.ts';
import { CxlMemdev } from './memdev.ts';
import { CxlPort } from './port.ts';
import type { CxlSystem } from './system.ts';

/** HDM decoders that host bridges and memory devices have. */
const DECODERS = 4;

/** drivers/cxl/port.c: finds the decoders of host bridges and endpoints. */
export class CxlPortDriver extends CxlDriver {
  readonly id = CXL_DEVICE_PORT;

  constructor(system: CxlSystem) {
    super(system.bus, 'cxl_port');
  }

  override probe(device: Device): undefined {
    const port = device as CxlPort;
    const { uport } = port;
    for (let index = 0; index < DECODERS; index++)
      port.addDecoder(
        uport instanceof CxlMemdev ? new EndpointDecoder(port, index, uport) : new SwitchDecoder(port, index),
      );
    port.devres.add(() => port.removeDecoders());
    return undefined;
  }
}

/** drivers/cxl/mem.c: hangs an endpoint port below the port of the memory device's host bridge. ENXIO without one. */
export class CxlMemDriver extends CxlDriver {
  readonly id = CXL_DEVICE_MEMORY_EXPANDER;
  readonly #system: CxlSystem;

  constructor(system: CxlSystem, module: Module) {
    super(system.bus, 'cxl_mem', module);
    this.#system = system;
  }

  override probe(device: Device): Errno | undefined {
    const memdev = device as CxlMemdev;
    const system = this.#system;
    const board = system.board.memdevs.find(({ number }) => number === memdev.options.number);
    const above = board && system.bridgePorts.get(board.bridge.device);
    if (!board || !above?.driver) return ENXIO;
    const portId = system.portIds.alloc();
    memdev.devres.add(() => system.portIds.free(portId));
    const endpoint = new CxlPort(system.bus, 'endpoint', portId, memdev, {
      port: above,
      dport: board.rootPort,
    });
    endpoint.add();
    memdev.devres.add(() => {
      memdev.endpoint = undefined;
      endpoint.remove();
    });
    if (!endpoint.driver) return ENXIO;
    memdev.endpoint = endpoint;
    system.adoptCommitted(memdev);
    return undefined;
  }
}
