import type { Directory } from '../fs/directory.ts';
import { ProcDirectory } from '../fs/proc-directory.ts';
import { RamDirectory } from '../fs/ram-directory.ts';
import type { KernelProfile } from '../releases/profile.ts';
import type { Bus } from './bus.ts';
import { Printk } from './printk.ts';
import { UeventQueue } from './uevent.ts';

export interface CoreOptions {
  /** Where the machine's `sys`, `proc` and `dev` are made. */
  readonly root: Directory;
  readonly profile: KernelProfile;
  /** Nanoseconds since the epoch. */
  readonly clock: () => bigint;
}

/** What every subsystem of one machine shares: the top of its trees, its log, its uevents, its kernel version. */
export class DriverCore {
  /** kernel/module/kmod.c request_module: asks user space for a module; one that is missing is no failure. */
  requestModule: (name: string) => void = () => {};
  readonly profile: KernelProfile;
  readonly printk: Printk;
  readonly uevents = new UeventQueue();
  /** Registered ones, in that order. */
  readonly buses = new Set<Bus>();
  readonly sys: Directory;
  readonly proc: Directory;
  /** devtmpfs. */
  readonly dev: RamDirectory;
  readonly busDirectory: Directory;
  readonly classDirectory: Directory;
  readonly devicesDirectory: Directory;
  readonly systemDirectory: Directory;
  readonly virtualDirectory: Directory;
  readonly moduleDirectory: Directory;
  readonly kernelDirectory: Directory;
  readonly charDirectory: Directory;
  readonly blockDirectory: Directory;

  constructor({ root, profile, clock }: CoreOptions) {
    this.profile = profile;
    this.printk = new Printk(clock, profile.warnings.siteFirst);
    this.sys = root.addDirectory('sys', 0o555);
    this.sys.removedFilesHaveNoLinks = profile.removedFilesHaveNoLinks;
    this.proc = root.add(new ProcDirectory(root.tree, root, 'proc', 0o555));
    this.dev = root.add(new RamDirectory(root.tree, root, 'dev'));
    this.busDirectory = this.sys.addDirectory('bus');
    this.classDirectory = this.sys.addDirectory('class');
    this.devicesDirectory = this.sys.addDirectory('devices');
    this.systemDirectory = this.devicesDirectory.addDirectory('system');
    this.virtualDirectory = this.devicesDirectory.addDirectory('virtual');
    this.moduleDirectory = this.sys.addDirectory('module');
    this.kernelDirectory = this.sys.addDirectory('kernel');
    const dev = this.sys.addDirectory('dev');
    this.charDirectory = dev.addDirectory('char');
    this.blockDirectory = dev.addDirectory('block');
  }

  /** The path of a kobject below /sys, as DEVPATH has it. */
  devpath(directory: Directory): string {
    return directory.path.slice(this.sys.path.length);
  }
}
