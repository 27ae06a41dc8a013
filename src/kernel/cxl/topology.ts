import type { DriverCore } from '../base/core.ts';
import type { Device } from '../base/device.ts';
import { RootDevice } from '../base/device.ts';
import { type Range, rangeLength } from '../lib/range.ts';
import { SZ_256M } from './interleave.ts';

const FIRST_BUS = 0x10;
const BUSES_PER_BRIDGE = 8;

/** A fixed memory window of the platform (CFMWS), and what is plugged in below it. */
export interface CxlWindow extends Range {
  /** −1 when the firmware names none. */
  readonly targetNode: number;
  /** Host bridges that the window interleaves over; default 1. */
  readonly ways?: number;
  /** Bytes; default 256. */
  readonly granularity?: number;
  /** Memory devices on each host bridge; default 1. */
  readonly memdevsPerBridge?: number;
  /** Bytes from the start of the window that the firmware has committed to a region of all memory devices. */
  readonly committedBytes?: bigint;
}

/** A memory device on the board, before any driver. */
export interface BoardMemdev {
  readonly number: number;
  readonly pci: Device;
  readonly rootPort: { readonly id: number; readonly device: Device };
  readonly bridge: BoardBridge;
  readonly ramBytes: bigint;
}

export interface BoardBridge {
  /** The _UID, by which the root port knows it. */
  readonly uid: number;
  readonly device: Device;
  readonly memdevs: BoardMemdev[];
}

export interface BoardWindow extends CxlWindow {
  readonly bridges: readonly BoardBridge[];
}

/** The CXL hardware of a machine: each window with host bridges of its own. */
export class CxlBoard {
  readonly windows: readonly BoardWindow[];

  constructor(core: DriverCore, windows: readonly CxlWindow[]) {
    let bridges = 0;
    let memdevs = 0;
    const device = (name: string, parent: Device | undefined): Device => {
      const made = new RootDevice(core, name, parent?.directory ?? core.devicesDirectory);
      made.add();
      return made;
    };
    const makeBridge = (ports: number, ramBytes: bigint): BoardBridge => {
      const uid = FIRST_BUS + BUSES_PER_BRIDGE * bridges++;
      const host = device(`pci0000:${busName(uid)}`, undefined);
      const bridge: BoardBridge = { uid, device: host, memdevs: [] };
      for (let id = 0; id < ports; id++) {
        const rootPort = device(`0000:${busName(uid)}:0${id}.0`, host);
        const pci = device(`0000:${busName(uid + 1 + id)}:00.0`, rootPort);
        bridge.memdevs.push({ number: memdevs++, pci, rootPort: { id, device: rootPort }, bridge, ramBytes });
      }
      return bridge;
    };
    this.windows = windows.map(window => {
      const ways = window.ways ?? 1;
      const ports = window.memdevsPerBridge ?? 1;
      const share = rangeLength(window) / BigInt(ways * ports);
      const ramBytes = share - (share % SZ_256M);
      return { ...window, bridges: Array.from({ length: ways }, () => makeBridge(ports, ramBytes)) };
    });
  }

  get bridges(): BoardBridge[] {
    return this.windows.flatMap(window => window.bridges);
  }

  get memdevs(): BoardMemdev[] {
    return this.bridges.flatMap(bridge => bridge.memdevs);
  }
}

function busName(bus: number): string {
  return bus.toString(16).padStart(2, '0');
}

/** Firmware that gives memory at the start of a window, soft reserved or not, has committed a region there. */
export function withCommittedRegions(windows: readonly CxlWindow[], memory: readonly Range[]): CxlWindow[] {
  return windows.map(window => {
    const range = memory.find(({ start, end }) => start === window.start && end <= window.end);
    return range ? { ...window, committedBytes: rangeLength(range) } : window;
  });
}
