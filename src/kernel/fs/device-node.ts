import type { Result } from '../lib/errno.ts';
import { type DeviceNumber, S_IFCHR } from '../lib/stat.ts';
import type { Directory } from './directory.ts';
import type { Caller, OpenFile } from './file-system.ts';
import { FileNode } from './node.ts';

/** drivers/base/devtmpfs.c: a device's node in /dev. What opening does is the driver's matter. */
export class DeviceNode extends FileNode {
  readonly type: number;
  readonly #rdev: DeviceNumber;
  readonly #open: (flags: number, caller: Caller) => Result<OpenFile>;

  constructor(
    parent: Directory,
    name: string,
    mode: number,
    rdev: DeviceNumber,
    open: (flags: number, caller: Caller) => Result<OpenFile>,
    type = S_IFCHR,
  ) {
    super(parent.tree, parent, name, mode);
    this.#rdev = rdev;
    this.#open = open;
    this.type = type;
  }

  override get rdev(): DeviceNumber {
    return this.#rdev;
  }

  open(flags: number, caller: Caller): Result<OpenFile> {
    return this.#open(flags, caller);
  }

  /** devtmpfs deletes the node: an open descriptor's fstat shows mode 0000 and no link. */
  override markRemoved(): void {
    this.mode = 0;
    super.markRemoved();
  }
}
