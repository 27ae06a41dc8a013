import { Bus } from '../base/bus.ts';
import type { DriverCore } from '../base/core.ts';
import { Device, RootDevice } from '../base/device.ts';
import { group, ro, rw } from '../fs/attribute.ts';
import type { ChildSource, Directory } from '../fs/directory.ts';
import { EBUSY, isErrno } from '../lib/errno.ts';
import { bitmapWords, dec, listRanges } from '../lib/format.ts';
import { kstrtobool } from '../lib/kstrtox.ts';
import type { BootNode } from './memory-facts.ts';

/** CONFIG_NR_CPUS of the reference kernel. */
export const NR_CPUS = 8192;

interface CpuIds {
  readonly ids: readonly number[];
}

const rootAttributes = group<CpuIds>(
  {
    possible: ro(({ ids }) => `${listRanges(ids)}\n`),
    present: ro(({ ids }) => `${listRanges(ids)}\n`),
    online: ro(({ ids }) => `${listRanges(ids)}\n`),
    offline: ro(() => '\n'),
    isolated: ro(() => '\n'),
    kernel_max: ro(() => dec(NR_CPUS - 1)),
  },
  { stable: true },
);

const topologyAttributes = group<CpuDevice>(
  {
    core_id: ro(() => '0\n'),
    physical_package_id: ro(cpu => dec(cpu.index)),
    ...Object.fromEntries(
      ['thread_siblings', 'core_siblings', 'core_cpus', 'package_cpus', 'die_cpus'].flatMap(name => [
        [name, ro<CpuDevice>(cpu => `${bitmapWords([cpu.id], cpu.count)}\n`, { binary: true })],
        [`${name}_list`, ro<CpuDevice>(cpu => `${cpu.id}\n`, { binary: true, size: 28672 })],
      ]),
    ),
  },
  { stable: true },
);

/** As while CPU hotplug is disabled: no CPU goes offline. */
const onlineAttribute = group<CpuDevice>(
  {
    online: rw(
      () => '1\n',
      (_cpu, text) => {
        const wanted = kstrtobool(text);
        if (isErrno(wanted)) return wanted;
        return wanted ? undefined : EBUSY;
      },
    ),
  },
  { stable: true },
);

class CpuDevice extends Device {
  readonly #bus: Bus;
  readonly id: number;
  /** Its place among all CPUs. */
  readonly index: number;
  readonly count: number;

  constructor(bus: Bus, root: RootDevice, id: number, index: number, count: number) {
    super(bus.core, `cpu${id}`, root.directory);
    this.#bus = bus;
    this.id = id;
    this.index = index;
    this.count = count;
  }

  override get bus(): Bus {
    return this.#bus;
  }

  override groups(): ChildSource[] {
    return this.id === 0 ? [] : [onlineAttribute.of(this)];
  }
}

/** /sys/devices/system/cpu as far as programs that place memory look at it: one core in one package for each CPU. */
export class Cpus {
  readonly ids: readonly number[];
  readonly #devices = new Map<number, CpuDevice>();

  constructor(core: DriverCore, nodes: readonly BootNode[]) {
    this.ids = nodes.flatMap(node => node.cpus).sort((a, b) => a - b);
    const bus = new Bus(core, 'cpu');
    const root = new RootDevice(core, 'cpu', core.systemDirectory, [rootAttributes.of(this)]);
    root.add();
    this.ids.forEach((id, index) => {
      const device = new CpuDevice(bus, root, id, index, (this.ids.at(-1) ?? 0) + 1);
      device.add();
      device.directory.addDirectory('topology').attach(topologyAttributes.of(device));
      this.#devices.set(id, device);
    });
  }

  /** Bits of a CPU mask: nr_cpu_ids. */
  get bits(): number {
    return (this.ids.at(-1) ?? 0) + 1;
  }

  directory(id: number): Directory {
    return this.#devices.get(id)!.directory;
  }
}
