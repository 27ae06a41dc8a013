import { AcpiBus } from '../kernel/acpi/acpi.ts';
import { DriverCore } from '../kernel/base/core.ts';
import { ModuleLoader } from '../kernel/base/module.ts';
import { PlatformBus } from '../kernel/base/platform.ts';
import { KERN_WARNING, type LogRecord } from '../kernel/base/printk.ts';
import type { Uevent } from '../kernel/base/uevent.ts';
import { cxlModules } from '../kernel/cxl/modules.ts';
import { CxlSystem } from '../kernel/cxl/system.ts';
import { withCommittedRegions } from '../kernel/cxl/topology.ts';
import { DaxBus } from '../kernel/dax/bus.ts';
import { DaxMemory } from '../kernel/dax/contents/dax-memory.ts';
import { addDaxMemoryControls } from '../kernel/dax/contents/dax-memory-controls.ts';
import {
  daxHmem,
  type HmemServices,
  registerBootHmem,
  registerHmemPlatform,
} from '../kernel/dax/hmem/hmem.ts';
import { daxModules } from '../kernel/dax/modules.ts';
import { group, ro } from '../kernel/fs/attribute.ts';
import type { Directory } from '../kernel/fs/directory.ts';
import type { RecordLog } from '../kernel/fs/record-log.ts';
import { dec } from '../kernel/lib/format.ts';
import { IdAllocator } from '../kernel/lib/id-allocator.ts';
import { rangeLength } from '../kernel/lib/range.ts';
import type { Timer } from '../kernel/lib/timer.ts';
import { MemoryManagement } from '../kernel/mm/memory-management.ts';
import { Memremap } from '../kernel/mm/memremap/memremap.ts';
import { addNvdimmControls } from '../kernel/nvdimm/control.ts';
import { registerNvdimm } from '../kernel/nvdimm/modules.ts';
import { type NvdimmHardware, type NvdimmServices, NvdimmSubsystem } from '../kernel/nvdimm/nvdimm.ts';
import { profileOf } from '../kernel/releases/history.ts';
import { TestHmm, testHmmModule } from '../kernel/test-hmm/hmm.ts';
import { addHmmControls } from '../kernel/test-hmm/hmm-control.ts';
import { isBootCommand, runBootCommand, whyRefused } from './boot-command.ts';
import { addBuiltinModules } from './builtin-modules.ts';
import { moduleParameters, parseCommandLine } from './cmdline.ts';
import { coldplug } from './coldplug.ts';
import { addControlDirectory, assignments } from './control.ts';
import type { MachineDescription, MachineOptions } from './description.ts';
import { addDevTree } from './dev-tree.ts';
import type { FirmwareFacts } from './firmware/facts.ts';
import { bootResources } from './firmware/iomem.ts';
import { readFirmware } from './firmware/read-firmware.ts';
import { addFirmwareMap } from './firmware-map.ts';
import { bootBoolean, hotplugOptions } from './hotplug-options.ts';
import { addProcTree } from './proc-tree.ts';
import type { RefusalLog } from './refusal-log.ts';

/** What a machine is given by whoever boots it. */
export interface MachineHost {
  /** Where `sys`, `proc` and `dev` are made. */
  readonly root: Directory;
  /** Nanoseconds since the epoch. */
  readonly clock: () => bigint;
  /** For what ends by itself; without one it ends only when it is told to. */
  readonly timer?: Timer;
  /** Boots the description again in the same place, with new memory modules. */
  readonly reset: () => void;
  /** The same, but persistent memory keeps what it holds. */
  readonly reboot: () => void;
  /** The persistent memory of before a reboot. */
  readonly nvdimms?: NvdimmHardware;
  /** What the file system refuses on this machine. */
  readonly refusals: RefusalLog;
  /** Serve /dev/kmsg as the kernel does. */
  readonly liveKmsg: boolean;
  /** Runs a boot command that is more than a machine knows by itself; answers what kept it from its work. */
  readonly shell?: (command: string) => string | undefined;
}

const kernelAttributes = group<DriverCore>({
  uevent_seqnum: ro(core => dec(core.uevents.seqnum)),
});

/** A booted machine. It owns everything that it simulates; two machines never meet. */
export class Machine {
  readonly core: DriverCore;
  readonly modules: ModuleLoader;
  readonly memory: MemoryManagement;
  readonly dax: DaxBus;
  readonly refusals: RefusalLog;
  readonly nvdimm: NvdimmSubsystem;
  /** Boot commands that failed, each with the reason. */
  readonly refusedCommands: string[] = [];

  constructor(description: MachineDescription, host: MachineHost) {
    this.refusals = host.refusals;
    const facts = readFirmware(description);
    const cmdline = parseCommandLine(description.cmdline);
    const core = new DriverCore({
      root: host.root,
      profile: profileOf(description.kernel),
      clock: host.clock,
    });
    this.core = core;
    const { iomem, softReserved } = bootResources(facts, core.profile.dax.softReservedApart);
    const platform = new PlatformBus(core);
    this.memory = new MemoryManagement(core, iomem, facts, hotplugOptions(cmdline, core.profile));
    const memremap = new Memremap(this.memory);
    this.dax = new DaxBus(core, { memory: this.memory, memremap });
    const hmemDisabled = bootBoolean(cmdline, 'device_hmem.disable') ?? false;
    const memregions = new IdAllocator();
    const hmem: HmemServices = {
      platform,
      dax: this.dax,
      memregions,
      ranges: hmemDisabled ? [] : facts.hmemRanges,
      softReserved,
      cxlContains: range => cxl.contains(range),
    };
    (core.profile.dax.hmemPlatform ? registerHmemPlatform : registerBootHmem)(hmem);
    addBuiltinModules(core, { hmemDisabled });
    const acpi = new AcpiBus(core);
    this.nvdimm = bootNvdimm({ acpi, platform, dax: this.dax, memregions }, facts, description.options, host);
    const windows = withCommittedRegions(facts.cxlWindows, [...facts.softReserved, ...facts.memory]);
    const cxl = new CxlSystem({ acpi, platform, dax: this.dax, memregions, windows });
    const hmmServices = { core, memory: this.memory, memremap };
    const hmm = new TestHmm(hmmServices);
    const modules = [
      ...daxModules(this.dax),
      daxHmem(hmem),
      ...registerNvdimm(this.nvdimm),
      ...cxlModules(cxl),
      testHmmModule(hmm, hmmServices),
    ];
    this.modules = new ModuleLoader(core, modules, name => assignments(moduleParameters(cmdline, name)));
    core.kernelDirectory.attach(kernelAttributes.of(core));
    core.sys.addDirectory('fs').addDirectory('cgroup');
    addProcTree(core, iomem, this.modules, description.cmdline);
    addFirmwareMap(core, description.firmware.memoryMap);
    addDevTree(core, host.liveKmsg);
    const controls = addControlDirectory({ core, modules: this.modules, host });
    addNvdimmControls(controls, this.nvdimm);
    const inDev = description.options.devNodes === 'file';
    addDaxMemoryControls(controls, this.dax, deviceContents(facts, this.nvdimm), { inDev });
    addHmmControls(controls, hmm);
    if (description.autoload) coldplug(core, this.modules);
    this.#runBootCommands(description.before, host);
  }

  #runBootCommands(commands: readonly string[], { shell }: MachineHost): void {
    for (const command of commands) {
      const reason = this.#refusal(command, shell);
      if (reason === undefined) continue;
      this.refusedCommands.push(`${command} (${reason})`);
      this.core.printk.print(KERN_WARNING, `daxsim: boot command failed: ${command} (${reason})`);
    }
  }

  #refusal(command: string, shell: MachineHost['shell']): string | undefined {
    if (shell && !isBootCommand(command)) {
      return shell(command);
    }
    const refused = runBootCommand(this, command);
    return refused && whyRefused(this, command, refused);
  }

  get log(): RecordLog<LogRecord> {
    return this.core.printk;
  }

  get uevents(): RecordLog<Uevent> {
    return this.core.uevents;
  }
}

/** Persistent memory as the firmware describes it; after a reboot, with what it held, and not poisoned once more. */
function bootNvdimm(
  kernel: Pick<NvdimmServices, 'acpi' | 'platform' | 'dax' | 'memregions'>,
  { nfit, legacyPmem, softReserved, cxlWindows }: FirmwareFacts,
  { classModel, devNodes, nvdimm, poison = [] }: MachineOptions,
  { nvdimms, timer }: MachineHost,
): NvdimmSubsystem {
  const subsystem = new NvdimmSubsystem({
    ...kernel,
    nfit,
    legacyPmem,
    volatile: [...softReserved, ...cxlWindows],
    features: { ...nvdimm, classModel: classModel !== 'bus' },
    nodesAreFiles: devNodes === 'file',
    ...(nvdimms ? { hardware: nvdimms } : {}),
    ...(timer ? { timer } : {}),
  });
  for (const { start, end } of nvdimms ? [] : poison) {
    const length = rangeLength({ start: BigInt(start), end: BigInt(end) });
    subsystem.memory.addPoison(BigInt(start), length, { latent: true });
  }
  return subsystem;
}

/** What devices hold: persistent memory in its media, all else for as long as the machine runs, poisoned where it is told. */
function deviceContents(facts: FirmwareFacts, nvdimm: NvdimmSubsystem): DaxMemory {
  const contents = new DaxMemory();
  for (const range of nvdimm.ranges) contents.back(range, nvdimm.memory);
  const breakable = nvdimm.memory.volatile();
  for (const range of [...facts.softReserved, ...facts.cxlWindows]) contents.back(range, breakable);
  return contents;
}
