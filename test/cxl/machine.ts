import { DriverCore } from '../../src/base/core.ts';
import { ModuleLoader } from '../../src/base/module.ts';
import { PlatformBus } from '../../src/base/platform.ts';
import { profileOf } from '../../src/base/profile.ts';
import { cxlBootModules, cxlModules } from '../../src/cxl/modules.ts';
import { CxlSystem } from '../../src/cxl/system.ts';
import type { CxlWindow } from '../../src/cxl/topology.ts';
import { DaxBus } from '../../src/dax/bus.ts';
import { daxModules } from '../../src/dax/modules.ts';
import { Directory } from '../../src/fs/directory.ts';
import { KERNEL, type OpenFile } from '../../src/fs/file-system.ts';
import { throwBug } from '../../src/fs/guarded-file.ts';
import { Tree } from '../../src/fs/node.ts';
import { Vfs } from '../../src/fs/vfs.ts';
import { type Errno, isErrno, type Result } from '../../src/lib/errno.ts';
import { IdAllocator } from '../../src/lib/id-allocator.ts';
import { O_RDONLY, O_WRONLY } from '../../src/lib/stat.ts';
import { formatIomem } from '../../src/mm/iomem-format.ts';
import type { MemoryHotplug } from '../../src/mm/memory-hotplug.ts';
import { Memremap } from '../../src/mm/memremap.ts';
import { FakeDeviceMemory, GIB } from '../mm/device-memory.ts';

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
  readonly #vfs: Vfs;

  constructor(
    windows: readonly CxlWindow[] = [window()],
    modules: readonly string[] = ['device_dax', ...cxlBootModules],
    prepare: (memory: FakeDeviceMemory) => void = () => {},
    kernel = '6.12',
  ) {
    const root = new Directory(new Tree(() => 0n), undefined, '');
    this.#vfs = new Vfs(root, throwBug);
    this.core = new DriverCore({ root, profile: profileOf(kernel), clock: () => 0n });
    prepare(this.memory);
    const memory = Object.assign(this.memory, {
      core: this.core,
      nodes: { nearestOnline: () => 1 },
      supportsMemmapOnMemory: () => false,
    }) as unknown as MemoryHotplug;
    const dax = new DaxBus(this.core, { memory, memremap: new Memremap(memory) });
    const platform = new PlatformBus(this.core);
    this.system = new CxlSystem({ platform, dax, memregions: this.memregions, windows });
    const definitions = [...daxModules(dax), ...cxlModules(this.system)];
    this.modules = new ModuleLoader(this.core, definitions, () => new Map());
    for (const module of modules) this.modules.modprobe(module);
  }

  get iomem(): string {
    return formatIomem(this.memory.iomem, true);
  }

  /** Reads a file below /sys/bus/cxl/devices, or of an absolute path. */
  read(path: string): string | Errno {
    const file = this.#open(path, O_RDONLY);
    if (isErrno(file)) return file;
    const data = file.read(0, 4096);
    return data instanceof Uint8Array ? Buffer.from(data).toString() : (data as Errno);
  }

  /** Writes to a file; undefined when all was taken. */
  write(path: string, text: string): Errno | undefined {
    const file = this.#open(path, O_WRONLY);
    if (isErrno(file)) return file;
    const taken = file.write(0, Buffer.from(`${text}\n`));
    return isErrno(taken) ? taken : undefined;
  }

  link(path: string): string | Errno {
    const inode = this.#walk(path, false);
    return isErrno(inode) ? inode : this.#vfs.readlink(inode);
  }

  exists(path: string): boolean {
    return !isErrno(this.#walk(path));
  }

  list(path: string): string[] {
    const inode = this.#walk(path);
    return inode instanceof Directory ? inode.list().map(({ name }) => name) : [];
  }

  #open(path: string, flags: number): Result<OpenFile> {
    const inode = this.#walk(path);
    return isErrno(inode) ? inode : this.#vfs.open(inode, flags, KERNEL);
  }

  #walk(path: string, follow = true) {
    const full = path.startsWith('/') ? path : `/sys/bus/cxl/devices/${path}`;
    const names = full.split('/').filter(Boolean);
    let at = this.#vfs.lookup(this.#vfs.root, '.');
    for (const [i, name] of names.entries()) {
      if (isErrno(at)) return at;
      at = this.#vfs.lookup(at, name);
      if (!isErrno(at) && 'destination' in at && (follow || i < names.length - 1))
        at = at.destination as Directory;
    }
    return at;
  }
}

/** Makes and commits `region0` from the first decoders of `endpoints`, as `cxl create-region -t ram` does. */
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
  ];
  for (const [file, text] of steps) {
    const refused = machine.write(file, text);
    if (refused) throw new Error(`${text} > ${file}: ${refused}`);
  }
}
