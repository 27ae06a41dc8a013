import type { ModuleDefinition } from '../base/module.ts';
import { type ModuleParameter, type ModuleParameters, ulong } from '../base/module-parameters.ts';
import { KERN_INFO, KERN_WARNING } from '../base/printk.ts';
import { ENODEV, type Errno, isErrno, type Result } from '../lib/errno.ts';
import { IdAllocator } from '../lib/id-allocator.ts';
import { DmirrorDevice, type HmmServices } from './hmm-dmirror.ts';
import { HmmProcess } from './hmm-process.ts';
import type { Alter } from './page-map-options.ts';

/** The mirror devices of a machine and the process that they mirror. Devices exist while test_hmm is loaded. */
export class TestHmm {
  readonly process = new HmmProcess();
  readonly #services: HmmServices;
  readonly #devices = new Map<string, DmirrorDevice>();
  readonly #minors = new IdAllocator();
  loaded = false;

  constructor(services: HmmServices) {
    this.#services = services;
  }

  devices(): DmirrorDevice[] {
    return [...this.#devices.values()];
  }

  find(name: string): DmirrorDevice | undefined {
    return this.#devices.get(name);
  }

  /** dmirror_device_init. ENODEV without the module, else what the first chunk of memory answers. */
  create(coherentStart?: bigint, alter?: Alter): Result<DmirrorDevice> {
    if (!this.loaded) return ENODEV;
    const migrateToRam = (address: bigint) => {
      this.process.migrateToRam(address);
      return undefined;
    };
    const minor = this.#minors.alloc();
    const device = new DmirrorDevice(this.#services, minor, coherentStart, migrateToRam, alter);
    device.add();
    this.#devices.set(device.name, device);
    const refused = device.allocateChunk();
    if (!refused) return device;
    this.#drop(device);
    return refused;
  }

  /** dmirror_device_remove: the pages on it go back to system memory first. ENODEV for an unknown name. */
  remove(name: string): Errno | undefined {
    const device = this.#devices.get(name);
    if (!device) return ENODEV;
    this.#drop(device);
    return undefined;
  }

  removeAll(): void {
    for (const device of this.devices().reverse()) this.#drop(device);
  }

  #drop(device: DmirrorDevice): void {
    this.process.evict(device);
    this.#devices.delete(device.name);
    device.remove();
    this.#minors.free(device.minor);
  }
}

interface TestHmmParameters extends ModuleParameters {
  readonly spm_addr_dev0: ModuleParameter<bigint>;
  readonly spm_addr_dev1: ModuleParameter<bigint>;
}

/** lib/test_hmm.c: two private devices, and two coherent ones when both addresses of special purpose memory are given. */
export function testHmmModule(
  hmm: TestHmm,
  { core }: Pick<HmmServices, 'core'>,
): ModuleDefinition<TestHmmParameters> {
  return {
    name: 'test_hmm',
    parameters: () => ({ spm_addr_dev0: ulong(0n, 0o444), spm_addr_dev1: ulong(0n, 0o444) }),
    init(_module, { spm_addr_dev0, spm_addr_dev1 }) {
      hmm.loaded = true;
      const addresses = [spm_addr_dev0.value, spm_addr_dev1.value];
      const coherent = addresses.includes(0n) ? [] : addresses;
      for (const start of [undefined, undefined, ...coherent]) {
        const made = hmm.create(start);
        if (isErrno(made)) core.printk.print(KERN_WARNING, `test_hmm: device not made (${made})`);
      }
      core.printk.print(KERN_INFO, 'HMM test module loaded. This is only for testing HMM.');
      return () => {
        hmm.removeAll();
        hmm.loaded = false;
      };
    },
  };
}
