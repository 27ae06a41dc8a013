import { AcpiBus } from '../../../src/kernel/acpi/acpi.ts';
import { DriverCore } from '../../../src/kernel/base/core.ts';
import { ModuleLoader } from '../../../src/kernel/base/module.ts';
import { PlatformBus } from '../../../src/kernel/base/platform.ts';
import { cxlModules } from '../../../src/kernel/cxl/modules.ts';
import { CxlSystem } from '../../../src/kernel/cxl/system.ts';
import type { CxlWindow } from '../../../src/kernel/cxl/topology.ts';
import { DaxBus } from '../../../src/kernel/dax/bus.ts';
import { daxModules } from '../../../src/kernel/dax/modules.ts';
import { Directory } from '../../../src/kernel/fs/directory.ts';
import { throwBug } from '../../../src/kernel/fs/guarded-file.ts';
import { Tree } from '../../../src/kernel/fs/node.ts';
import { Vfs } from '../../../src/kernel/fs/vfs.ts';
import { type Errno, isErrno, type Result } from '../../../src/kernel/lib/errno.ts';
import { IdAllocator } from '../../../src/kernel/lib/id-allocator.ts';
import type { MemoryManagement } from '../../../src/kernel/mm/memory-management.ts';
import { Memremap } from '../../../src/kernel/mm/memremap/memremap.ts';
import { profileOf } from '../../../src/kernel/releases/history.ts';
import { formatIomem } from '../../../src/kernel/resource/iomem-format.ts';
import { Shell } from '../../model/shell.ts';
import { FakeDeviceMemory, GIB } from '../mm/device-memory.ts';

/** What the devices of a board ask for, in the order in which a boot comes upon them. */
export const cxlBootModules: readonly string[] = ['cxl_pci', 'cxl_acpi', 'cxl_mem', 'dax_cxl'];

export const WINDOW = 16n * GIB;

export function window(size = 8n * GIB, rest: Partial<CxlWindow> = {}): CxlWindow {
  return { start: WINDOW, end: WINDOW + size - 1n, targetNode: 2, ...rest };
}

/** A machine with CXL windows, seen through its files alone. Device-dax takes what `new_id` gives it. */
export class CxlMachine {
  readonly core: DriverCore;
  readonly memory = new FakeDeviceMemory();
  readonly modules: ModuleLoader;
  readonly memregions = new IdAllocator();
  readonly system: CxlSystem;
  readonly #shell: Shell;

  constructor(
    windows: readonly CxlWindow[] = [window()],
    modules: readonly string[] = ['device_dax', ...cxlBootModules],
    prepare: (memory: FakeDeviceMemory) => void = () => {},
    kernel = '6.12',
  ) {
    const root = new Directory(new Tree(() => 0n), undefined, '');
    this.#shell = new Shell(new Vfs(root, throwBug));
    this.core = new DriverCore({ root, profile: profileOf(kernel), clock: () => 0n });
    prepare(this.memory);
    const memory = Object.assign(this.memory, {
      core: this.core,
      nodes: { nearestOnline: () => 1 },
      supportsMemmapOnMemory: () => false,
    }) as unknown as MemoryManagement;
    const dax = new DaxBus(this.core, { memory, memremap: new Memremap(memory) });
    const platform = new PlatformBus(this.core);
    this.system = new CxlSystem({
      acpi: new AcpiBus(this.core),
      platform,
      dax,
      memregions: this.memregions,
      windows,
    });
    const definitions = [...daxModules(dax), ...cxlModules(this.system)];
    this.modules = new ModuleLoader(this.core, definitions, () => new Map());
    for (const module of modules) this.modules.modprobe(module);
  }

  get iomem(): string {
    return formatIomem(this.memory.iomem, true);
  }

  /** Reads a file below /sys/bus/cxl/devices, or of an absolute path, as all others do. */
  read(path: string): Result<string> {
    return this.#shell.read(absolute(path));
  }

  /** Writes a line to a file; undefined when all was taken. */
  write(path: string, text: string): Errno | undefined {
    const taken = this.#shell.write(absolute(path), `${text}\n`);
    return isErrno(taken) ? taken : undefined;
  }

  link(path: string): Result<string> {
    const inode = this.#shell.resolve(absolute(path), false);
    return isErrno(inode) ? inode : this.#shell.fileSystem.readlink(inode);
  }

  exists(path: string): boolean {
    return this.#shell.exists(absolute(path));
  }

  list(path: string): string[] {
    return this.#shell.list(absolute(path));
  }
}

function absolute(path: string): string {
  return path.startsWith('/') ? path : `/sys/bus/cxl/devices/${path}`;
}

/** Makes, commits and binds `region0` from the first decoders of `endpoints`, as `cxl create-region -t ram` does. */
export function createRegion(machine: CxlMachine, endpoints: readonly string[], size: bigint): void {
  const per = `0x${(size / BigInt(endpoints.length)).toString(16)}`;
  const region = String(machine.read('decoder0.0/create_ram_region')).trim();
  const steps: [string, string][] = [
    ['decoder0.0/create_ram_region', region],
    [`${region}/interleave_granularity`, '256'],
    [`${region}/interleave_ways`, String(endpoints.length)],
    [`${region}/size`, `0x${size.toString(16)}`],
    ...endpoints.flatMap((endpoint, i): [string, string][] => [
      [`decoder${endpoint}/mode`, 'ram'],
      [`decoder${endpoint}/dpa_size`, per],
      [`${region}/target${i}`, `decoder${endpoint}`],
    ]),
    [`${region}/commit`, '1'],
    ['/sys/bus/cxl/drivers/cxl_region/bind', region],
  ];
  for (const [file, text] of steps) {
    const refused = machine.write(file, text);
    if (refused) throw new Error(`${text} > ${file}: ${refused}`);
  }
}
