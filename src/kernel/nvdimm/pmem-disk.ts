import type { DeviceClass } from '../base/class.ts';
import { Device } from '../base/device.ts';
import { replaceDeviceNode } from '../base/devtmpfs.ts';
import { sendUevent } from '../base/kobject-uevent.ts';
import { KERN_INFO } from '../base/printk.ts';
import { Badblocks } from '../block/badblocks.ts';
import { BLOCK_EXT_MAJOR, type BlockLayer } from '../block/block-layer.ts';
import { diskSettings, integritySettings, queueSettings, traceSettings } from '../block/disk-settings.ts';
import { sysfsNotify } from '../fs/attribute-file.ts';
import type { ChildSource, Directory } from '../fs/directory.ts';
import type { Caller, OpenFile } from '../fs/file-system.ts';
import { FileNode } from '../fs/node.ts';
import type { Result } from '../lib/errno.ts';
import { type DeviceNumber, S_IFREG } from '../lib/stat.ts';
import type { BadRangeChange } from './badrange.ts';
import { DiskFile, type OpenDisk } from './disk-file.ts';
import type { NdNamespace } from './namespace.ts';
import type { PersistentMemory } from './persistent-memory.ts';
import { daxAttributes, diskAttributes, queueAttributes } from './pmem-disk-attributes.ts';

export interface DiskOptions {
  /** Bytes of the namespace before the data. */
  readonly offset: bigint;
  readonly size: bigint;
  /** The sectors of a btt, bytes; undefined for the memory as it is. */
  readonly bttSector?: number;
}

/** drivers/nvdimm/pmem.c: pmemN[.M], the disk of a namespace. */
export class PmemDisk extends Device implements OpenDisk {
  readonly namespace: NdNamespace;
  readonly options: DiskOptions;
  readonly sequence: number;
  /** QUEUE_FLAG_DAX: there are page structures. */
  readonly dax: boolean;
  /** Where the disk hangs: a namespace, or the pfn device that has it. */
  readonly host: Device;
  readonly block: BlockLayer;
  readonly badblocks = new Badblocks();
  writeCache = true;
  /** GD_READ_ONLY */
  readOnly = false;
  readonly #minor: number;
  readonly #bdi: Device;
  readonly #glue: Directory;
  /** The number is free again when the device is gone and nobody has it open. */
  #users = 1;
  #removed = false;

  constructor(block: BlockLayer, host: Device, namespace: NdNamespace, options: DiskOptions) {
    const glue = host.directory.addDirectory('block');
    super(block.core, diskName(namespace, options), glue);
    this.#glue = glue;
    this.block = block;
    this.host = host;
    this.namespace = namespace;
    this.options = options;
    this.sequence = block.nextDiskSequence();
    this.dax = namespace.mode === 'memory';
    this.#minor = block.minors.alloc();
    this.#bdi = block.createBdi(`${BLOCK_EXT_MAJOR}:${this.#minor}`);
  }

  /** Where the data begins, physical. */
  get start(): bigint {
    return this.namespace.start + this.options.offset;
  }

  /** Inclusive. */
  get end(): bigint {
    return this.start + this.size - 1n;
  }

  /** Bytes. */
  get size(): bigint {
    return this.options.size;
  }

  get memory(): PersistentMemory {
    return this.namespace.memory;
  }

  get isBtt(): boolean {
    return this.options.bttSector !== undefined;
  }

  /** pmem_sector_size, or that of the btt: bytes. */
  get sectorSize(): number {
    return this.options.bttSector ?? (this.namespace.sectorSize || 512);
  }

  get capacity(): bigint {
    return this.#removed ? 0n : this.size;
  }

  override get class(): DeviceClass {
    return this.block.class;
  }

  override get number(): DeviceNumber {
    return { major: BLOCK_EXT_MAJOR, minor: this.#minor };
  }

  override get isBlock(): boolean {
    return true;
  }

  override get devtype(): string {
    return 'disk';
  }

  override typeUeventKeys(): string[] {
    return [`DISKSEQ=${this.sequence}`];
  }

  override groups(): ChildSource[] {
    return [diskAttributes.of(this), diskSettings[this.core.profile.blockLayer].of(this)];
  }

  override openNode(_flags: number, _caller: Caller): Result<OpenFile> {
    const module = this.host.driver?.module;
    this.#users++;
    if (module) module.references++;
    return new DiskFile(this, () => {
      if (module) module.references--;
      this.#put();
    });
  }

  #put(): void {
    if (--this.#users === 0) this.block.minors.free(this.#minor);
  }

  override add(): void {
    const { directory } = this;
    this.#bdi.add();
    directory.addLink('bdi', this.#bdi.directory);
    directory.addLink('device', this.host.directory);
    if (!this.isBtt) directory.addDirectory('dax').attach(daxAttributes.of(this));
    const queue = directory.addDirectory('queue');
    const { blockLayer } = this.core.profile;
    queue.attach(queueSettings[blockLayer].of(this));
    queue.attach(queueAttributes.of(this));
    directory.addDirectory('integrity').attach(integritySettings[blockLayer].of(this));
    directory.addDirectory('trace').attach(traceSettings.of(this));
    for (const empty of ['holders', 'slaves']) directory.addDirectory(empty);
    super.add();
    this.block.link(this);
    if (this.block.nodesAreFiles) replaceDeviceNode(this.core.dev, new DiskImage(this));
    this.badblocks.populate(this.memory.known, this.start, this.end);
    this.namespace.disk = this;
    this.followRegion();
  }

  /** nvdimm_check_and_set_ro: the disk is as read-only as its region. */
  followRegion(): void {
    const { region } = this.namespace;
    if (this.readOnly === region.readOnly) return;
    this.readOnly = region.readOnly;
    const access = this.readOnly ? 'only' : 'write';
    this.host.log(KERN_INFO, `${region.name} read-${access}, marking ${this.name} read-${access}`);
    sendUevent(this, 'change', [`DISK_RO=${Number(this.readOnly)}`]);
  }

  badRangesChanged(change: BadRangeChange): void {
    this.badblocks.follow(change, this.start, this.end);
    sysfsNotify(this.directory, 'badblocks');
  }

  override remove(): void {
    this.namespace.disk = undefined;
    this.#removed = true;
    this.#bdi.remove();
    this.block.unlink(this);
    super.remove();
    this.host.directory.remove(this.#glue.name);
    this.#put();
  }
}

/** The disk as a regular file, where the opening of a block node would reach a driver of the host. */
class DiskImage extends FileNode {
  readonly type = S_IFREG;
  readonly #disk: PmemDisk;

  constructor(disk: PmemDisk) {
    const { dev } = disk.core;
    super(dev.tree, dev, disk.nodeName, disk.nodeMode);
    this.#disk = disk;
  }

  override get size(): number {
    return Number(this.#disk.size);
  }

  override get maxBytes(): number {
    return Number.MAX_SAFE_INTEGER;
  }

  open(flags: number, caller: Caller): Result<OpenFile> {
    return this.#disk.openNode(flags, caller);
  }
}

/** nvdimm_namespace_disk_name */
function diskName({ region, id }: NdNamespace, { bttSector }: DiskOptions): string {
  return `pmem${region.id}${id > 0 ? `.${id}` : ''}${bttSector === undefined ? '' : 's'}`;
}
