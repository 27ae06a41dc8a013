import { group, ro, rw } from '../fs/attribute.ts';
import type { ChildSource, Directory } from '../fs/directory.ts';
import { EBUSY, EINVAL, EPERM, isErrno, refusal } from '../lib/errno.ts';
import { bitmapWords, dec, listRanges } from '../lib/format.ts';
import { kstrtobool } from '../lib/kstrtox.ts';
import type { BootNode } from '../mm/hotplug/memory-facts.ts';
import { Bus } from './bus.ts';
import type { DriverCore } from './core.ts';
import { addCaches } from './cpu-caches.ts';
import { vulnerabilities } from './cpu-vulnerabilities.ts';
import { Device, RootDevice } from './device.ts';

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

/** No crash kernel that would have to be told of CPUs is loaded. */
const crashHotplug = group<CpuIds>({ crash_hotplug: ro(() => '0\n') }, { stable: true });

/** drivers/base/topology.c: who shares what with a CPU. No threads: a core has one CPU; dies are packages. */
const siblings: Readonly<Record<string, (cpu: CpuDevice) => readonly number[]>> = {
  thread_siblings: cpu => [cpu.id],
  core_cpus: cpu => [cpu.id],
  core_siblings: cpu => cpu.place.cpus,
  die_cpus: cpu => cpu.place.cpus,
  package_cpus: cpu => cpu.place.cpus,
};

const topologyAttributes = group<CpuDevice>(
  {
    core_id: ro(({ id, place }) => dec(place.cpus.indexOf(id))),
    die_id: ro(() => dec(0)),
    physical_package_id: ro(({ place }) => dec(place.index)),
    ...Object.fromEntries(
      Object.entries(siblings).flatMap(([name, cpusOf]) => [
        [name, ro<CpuDevice>(cpu => `${bitmapWords(cpusOf(cpu), cpu.count)}\n`, { binary: true })],
        [`${name}_list`, ro<CpuDevice>(cpu => `${listRanges(cpusOf(cpu))}\n`, { binary: true, size: 28672 })],
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
        return wanted ? undefined : refusal(EBUSY, 'CPU hotplug is disabled on this machine');
      },
    ),
  },
  { stable: true },
);

/** A package, by its place among them, and its CPUs. */
interface Package {
  readonly index: number;
  readonly cpus: readonly number[];
}

class CpuDevice extends Device {
  readonly #bus: Bus;
  readonly id: number;
  readonly place: Package;
  readonly count: number;

  constructor(bus: Bus, root: RootDevice, id: number, place: Package, count: number) {
    super(bus.core, `cpu${id}`, root.directory);
    this.#bus = bus;
    this.id = id;
    this.place = place;
    this.count = count;
  }

  override get bus(): Bus {
    return this.#bus;
  }

  override groups(): ChildSource[] {
    return this.id === 0 ? [] : [onlineAttribute.of(this)];
  }
}

/** CPUHP_ONLINE, whose number is another in each configuration. */
const CPUHP_ONLINE = '240\n';

/** kernel/cpu.c: the states that a CPU goes through. None is left while it runs. */
const hotplugAttributes = group<CpuDevice>(
  {
    fail: rw(
      () => '-1\n',
      () => EINVAL,
    ),
    state: ro(() => CPUHP_ONLINE),
    target: rw(
      () => CPUHP_ONLINE,
      () => EPERM,
    ),
  },
  { stable: true },
);

/** /sys/devices/system/cpu as far as programs that place memory look at it: a node with CPUs is a package, a CPU a core. */
export class Cpus {
  readonly ids: readonly number[];
  readonly #devices = new Map<number, CpuDevice>();

  constructor(core: DriverCore, nodes: readonly BootNode[]) {
    const packages = nodes.filter(node => node.cpus.length > 0).map(({ cpus }, index) => ({ index, cpus }));
    const placeOf = new Map(packages.flatMap(place => place.cpus.map(id => [id, place])));
    this.ids = [...placeOf.keys()].sort((a, b) => a - b);
    const bus = new Bus(core, 'cpu');
    const root = new RootDevice(core, 'cpu', core.systemDirectory, [rootAttributes.of(this)]);
    root.add();
    root.directory.addDirectory('vulnerabilities').attach(vulnerabilities(core.profile));
    if (core.profile.hotplug.crashHotplug) root.directory.attach(crashHotplug.of(this));
    for (const id of this.ids) {
      const device = new CpuDevice(bus, root, id, placeOf.get(id)!, this.bits);
      device.add();
      addCaches(device.directory, device);
      device.directory.addDirectory('hotplug').attach(hotplugAttributes.of(device));
      device.directory.addDirectory('topology').attach(topologyAttributes.of(device));
      this.#devices.set(id, device);
    }
  }

  /** Bits of a CPU mask: nr_cpu_ids. */
  get bits(): number {
    return (this.ids.at(-1) ?? 0) + 1;
  }

  directory(id: number): Directory {
    return this.#devices.get(id)!.directory;
  }
}
