import { type AcpiBus, AcpiDevice, type AcpiFacts } from '../acpi/acpi.ts';
import type { Device } from '../base/device.ts';
import { RootDevice } from '../base/device.ts';
import { byStart, intersection, isCovered, type Range, rangeLength } from '../lib/range.ts';
import { PciBus, PciDevice, type PciId } from '../pci/pci.ts';
import { SZ_256M } from './interleave.ts';

const FIRST_BUS = 0x10;
const BUSES_PER_BRIDGE = 8;

/** PCI_CLASS_MEMORY_CXL, with the programming interface of CXL 2.0. */
export const CXL_MEMORY_CLASS = 0x050210;

/** Those of the emulated board. */
const ROOT_PORT: PciId = { vendor: 0x8086, device: 0x7075, class: 0x060400 };
const MEMORY_DEVICE: PciId = { vendor: 0x8086, device: 0x0d93, class: CXL_MEMORY_CLASS };

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
  /** The bus of its memory devices, there without any, too. */
  readonly pci: PciBus;

  constructor(acpi: AcpiBus, windows: readonly CxlWindow[]) {
    const { core } = acpi;
    this.pci = new PciBus(core);
    let bridges = 0;
    let memdevs = 0;
    const device = (name: string, parent: Device, id: PciId): Device => {
      const made = new PciDevice(this.pci, name, parent, id);
      made.add();
      return made;
    };
    const makeBridge = (ports: number, ramBytes: bigint): BoardBridge => {
      const uid = FIRST_BUS + BUSES_PER_BRIDGE * bridges++;
      const host = new RootDevice(core, `pci0000:${busName(uid)}`, core.devicesDirectory);
      host.add();
      const firmware = new AcpiDevice(acpi, hostBridge(uid), acpi.system);
      firmware.add();
      firmware.isOf(host);
      const bridge: BoardBridge = { uid, device: host, memdevs: [] };
      for (let id = 0; id < ports; id++) {
        const rootPort = device(`0000:${busName(uid)}:0${id}.0`, host, ROOT_PORT);
        const pci = device(`0000:${busName(uid + 1 + id)}:00.0`, rootPort, MEMORY_DEVICE);
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

/** Its _UID is what the CEDT names it by. */
function hostBridge(uid: number): AcpiFacts {
  const path = `\\_SB_.PC${busName(uid).toUpperCase()}`;
  return { hid: 'ACPI0016', cids: ['PNP0A08', 'PNP0A03'], path, uid };
}

function busName(bus: number): string {
  return bus.toString(16).padStart(2, '0');
}

/**
 * Firmware that gives memory at the start of a window, soft reserved or not, has committed a region there. One range may be
 * the memory of several windows, and has a region in each.
 */
export function withCommittedRegions(windows: readonly CxlWindow[], memory: readonly Range[]): CxlWindow[] {
  const inOrder = [...windows].sort(byStart);
  const committed = memory.filter(range => isCovered(range, inOrder));
  return windows.map(window => {
    const inside = committed
      .map(range => intersection(range, window))
      .find(part => part?.start === window.start);
    return inside ? { ...window, committedBytes: rangeLength(inside) } : window;
  });
}
