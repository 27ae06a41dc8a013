import { DriverCore } from '../base/core.ts';
import { ModuleLoader } from '../base/module.ts';
import { PlatformBus } from '../base/platform.ts';
import { KERN_WARNING, type LogRecord } from '../base/printk.ts';
import { profileOf } from '../base/profile.ts';
import type { Uevent } from '../base/uevent.ts';
import { cxlModules } from '../cxl/modules.ts';
import { CxlSystem } from '../cxl/system.ts';
import { withCommittedRegions } from '../cxl/topology.ts';
import { DaxBus } from '../dax/bus.ts';
import { DaxMemory } from '../dax/dax-memory.ts';
import { addDaxMemoryControls } from '../dax/dax-memory-controls.ts';
import { daxModules } from '../dax/modules.ts';
import { group, ro } from '../fs/attribute.ts';
import type { Directory } from '../fs/directory.ts';
import type { RecordLog } from '../fs/record-log.ts';
import { daxHmem, type HmemServices, registerBootHmem, registerHmemPlatform } from '../hmem/hmem.ts';
import { dec } from '../lib/format.ts';
import { IdAllocator } from '../lib/id-allocator.ts';
import { TestHmm, testHmmModule } from '../mm/hmm.ts';
import { addHmmControls } from '../mm/hmm-control.ts';
import { MemoryHotplug } from '../mm/memory-hotplug.ts';
import { Memremap } from '../mm/memremap.ts';
import { addNvdimmControls } from '../nvdimm/control.ts';
import { registerNvdimm } from '../nvdimm/modules.ts';
import { type NvdimmHardware, NvdimmSubsystem } from '../nvdimm/nvdimm.ts';
import { isBootCommand, runBootCommand } from './boot-command.ts';
import { addBuiltinModules } from './builtin-modules.ts';
import { moduleParameters, parseCommandLine } from './cmdline.ts';
import { addControlDirectory, assignments } from './control.ts';
import type { MachineDescription } from './description.ts';
import { addDevTree } from './dev-tree.ts';
import { buildIomem } from './firmware/iomem.ts';
import { readFirmware } from './firmware/read-firmware.ts';
import { bootBoolean, hotplugOptions } from './hotplug-options.ts';
import { addProcTree } from './proc-tree.ts';

/** What a machine is given by whoever boots it. */
export interface MachineHost {
  /** Where `sys`, `proc` and `dev` are made. */
  readonly root: Directory;
  /** Nanoseconds since the epoch. */
  readonly clock: () => bigint;
  /** Boots the description again in the same place, with new memory modules. */
  readonly reset: () => void;
  /** The same, but persistent memory keeps what it holds. */
  readonly reboot: () => void;
  /** The persistent memory of before a reboot. */
  readonly nvdimms?: NvdimmHardware;
  /** Serve /dev/kmsg as the kernel does. */
  readonly liveKmsg: boolean;
  /** Runs a boot command that is more than a machine knows by itself; false when it cannot. */
  readonly shell?: (command: string) => boolean;
}

const kernelAttributes = group<DriverCore>({
  uevent_seqnum: ro(core => dec(core.uevents.seqnum)),
});

/** A booted machine. It owns everything that it simulates; two machines never meet. */
export class Machine {
  readonly core: DriverCore;
  readonly modules: ModuleLoader;
  readonly memory: MemoryHotplug;
  readonly dax: DaxBus;
  readonly nvdimm: NvdimmSubsystem;
  /** Boot commands that failed, each with the reason. */
  readonly refusedCommands: string[] = [];

  constructor(description: MachineDescription, host: MachineHost) {
    const facts = readFirmware(description);
    const cmdline = parseCommandLine(description.cmdline);
    const core = new DriverCore({
      root: host.root,
      profile: profileOf(description.kernel),
      clock: host.clock,
    });
    this.core = core;
    const iomem = buildIomem(facts);
    const platform = new PlatformBus(core);
    this.memory = new MemoryHotplug(core, iomem, facts, hotplugOptions(cmdline, core.profile));
    const memremap = new Memremap(this.memory);
    this.dax = new DaxBus(core, { memory: this.memory, memremap });
    const hmemDisabled = bootBoolean(cmdline, 'device_hmem.disable') ?? false;
    const memregions = new IdAllocator();
    const hmem: HmemServices = {
      platform,
      dax: this.dax,
      memregions,
      ranges: hmemDisabled ? [] : facts.hmemRanges,
    };
    (core.profile.hmemPlatform ? registerHmemPlatform : registerBootHmem)(hmem);
    addBuiltinModules(core, { hmemDisabled });
    const { classModel, devNodes, nvdimm, poison } = description.options;
    const features = { ...nvdimm, classModel: classModel === 'compat' };
    const { nfit, legacyPmem } = facts;
    this.nvdimm = new NvdimmSubsystem({
      platform,
      dax: this.dax,
      memregions,
      nfit,
      legacyPmem,
      features,
      nodesAreFiles: devNodes === 'file',
      ...(host.nvdimms ? { hardware: host.nvdimms } : {}),
    });
    for (const { start, end } of host.nvdimms ? [] : (poison ?? []))
      this.nvdimm.memory.addPoison(BigInt(start), BigInt(end) - BigInt(start) + 1n, { latent: true });
    const windows = withCommittedRegions(facts.cxlWindows, [...facts.softReserved, ...facts.memory]);
    const cxl = new CxlSystem({ platform, dax: this.dax, memregions, windows });
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
    addDevTree(core, host.liveKmsg);
    const controls = addControlDirectory({ core, modules: this.modules, host });
    addNvdimmControls(controls, this.nvdimm);
    const daxMemory = new DaxMemory();
    for (const range of this.nvdimm.ranges) daxMemory.back(range, this.nvdimm.memory);
    const breakable = this.nvdimm.memory.volatile();
    for (const range of [...facts.softReserved, ...facts.cxlWindows]) daxMemory.back(range, breakable);
    addDaxMemoryControls(controls, this.dax, daxMemory, { inDev: devNodes === 'file' });
    addHmmControls(controls, hmm);
    for (const command of description.before) {
      const refused = runBootCommand(this, command);
      if (!refused || (!isBootCommand(command) && host.shell?.(command))) continue;
      this.refusedCommands.push(`${command} (${refused})`);
      core.printk.print(KERN_WARNING, `daxsim: boot command not run: ${command} (${refused})`);
    }
  }

  get log(): RecordLog<LogRecord> {
    return this.core.printk;
  }

  get uevents(): RecordLog<Uevent> {
    return this.core.uevents;
  }
}
