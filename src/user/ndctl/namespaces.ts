import { EBUSY, type Errno, isErrno } from '../../kernel/lib/errno.ts';
import { O_WRONLY } from '../../kernel/lib/stat.ts';
import type { SysfsFiles } from './sysfs-files.ts';

/** What ndctl writes over: the place of an info block, a page into the namespace, and as long. */
const INFO_BLOCK_BYTES = 4096;

/** libndctl's operations on namespaces, with files in place of ioctls. */
export class Namespaces {
  readonly #files: SysfsFiles;

  constructor(files: SysfsFiles) {
    this.#files = files;
  }

  /** Those of a region. */
  in(region: string): string[] {
    const prefix = `namespace${region.slice('region'.length)}.`;
    return this.#files.devices('namespace').filter(namespace => namespace.startsWith(prefix));
  }

  /** The namespace, or the device that claims it. */
  holder(namespace: string): string {
    return this.#files.attribute(namespace, 'holder') || namespace;
  }

  /** ndctl_namespace_is_active: it has a driver, or the device that claims it has. */
  isActive(namespace: string): boolean {
    return this.#files.driver(this.holder(namespace)) !== undefined;
  }

  /** ndctl_namespace_is_configuration_idle: nothing has it, with a driver or without, and one with labels has no space. */
  isIdle(namespace: string): boolean {
    if (this.holder(namespace) !== namespace || this.isActive(namespace)) return false;
    return this.#files.attribute(namespace, 'nstype') !== '5' || this.size(namespace) === 0n;
  }

  size(namespace: string): bigint {
    return BigInt(this.#files.attribute(namespace, 'size') || '0');
  }

  /** The dax device below a claimed namespace's nd dax device. */
  daxDevice(holder: string): string | undefined {
    const id = /^dax(\d+)\./.exec(holder)?.[1];
    return this.#files
      .list(this.#files.directory(holder))
      .find(name => new RegExp(`^dax${id}\\.\\d+$`).test(name));
  }

  blockDevice(namespace: string): string | undefined {
    return this.#files.list(`${this.#files.directory(this.holder(namespace))}/block`)[0];
  }

  /**
   * ndctl_namespace_disable_safe. EBUSY while memory of it is online. The disk, if there is one, is pinned for the
   * time; `unpin` closes it.
   */
  disable(namespace: string): Errno | { readonly unpin: () => void } {
    const files = this.#files;
    const holder = this.holder(namespace);
    const dax = holder === namespace ? undefined : this.daxDevice(holder);
    if (dax !== undefined && this.#hasOnlineMemory(dax)) return EBUSY;
    const disk = this.blockDevice(namespace);
    const pin = disk === undefined ? undefined : files.calls.open(`/dev/${disk}`, O_WRONLY);
    files.unbind(holder);
    if (holder !== namespace) files.setAttribute(holder, 'namespace', '\n');
    return {
      unpin: () => {
        if (pin !== undefined && !isErrno(pin)) files.calls.close(pin);
      },
    };
  }

  /** A kmem device whose memory blocks are in use. */
  #hasOnlineMemory(dax: string): boolean {
    const files = this.#files;
    const target = files.calls.readlink(`/sys/bus/dax/devices/${dax}/driver`);
    if (isErrno(target) || !target.endsWith('/kmem')) return false;
    const blockSize = BigInt(`0x${files.read('/sys/devices/system/memory/block_size_bytes') ?? '8000000'}`);
    const start = BigInt(files.read(`/sys/bus/dax/devices/${dax}/resource`) ?? '0');
    const size = BigInt(files.read(`/sys/bus/dax/devices/${dax}/size`) ?? '0');
    for (let block = (start + blockSize - 1n) / blockSize; (block + 1n) * blockSize <= start + size; block++)
      if (files.read(`/sys/devices/system/memory/memory${block}/state`) === 'online') return true;
    return false;
  }

  /** ndctl_namespace_enable: the driver of namespaces, which may find an info block and step back, or have done so before. */
  enable(namespace: string): boolean {
    if (this.#files.driver(namespace) === undefined) this.#files.bind(namespace, 'nd_pmem');
    return this.isActive(namespace);
  }

  /** zero_info_block: as a raw disk for a moment; one without space cannot be that. */
  zeroInfoBlock(namespace: string): void {
    const files = this.#files;
    files.setAttribute(namespace, 'force_raw', '1');
    if (!files.bind(namespace, 'nd_pmem')) {
      const start = BigInt(files.attribute(namespace, 'resource'));
      files.control(`zero ${start + 4096n} ${INFO_BLOCK_BYTES}`);
    }
    files.setAttribute(namespace, 'force_raw', '0');
    files.unbind(namespace);
  }

  /** namespace_destroy, up to the deletion: disabled, of no class, without info block. */
  wipe(namespace: string): Errno | undefined {
    const disabled = this.disable(namespace);
    if (isErrno(disabled)) return disabled;
    this.#files.setAttribute(namespace, 'holder_class', '\n');
    this.zeroInfoBlock(namespace);
    disabled.unpin();
    return undefined;
  }

  /** ndctl_namespace_delete: false for a namespace that has no labels to delete. */
  delete(namespace: string): boolean {
    if (this.#files.attribute(namespace, 'nstype') !== '5') return false;
    this.#files.setAttribute(namespace, 'size', '0');
    return true;
  }
}
