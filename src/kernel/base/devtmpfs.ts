import type { DeviceNode } from '../fs/device-node.ts';
import { Directory } from '../fs/directory.ts';
import type { Node } from '../fs/node.ts';
import { RamDirectory, RamFile } from '../fs/ram-directory.ts';

/**
 * drivers/base/devtmpfs.c handle_create: the directories of a path such as `cxl/mem0` are made on the way. A name that a
 * program made first stays what it is (EEXIST, which nobody looks at).
 *
 * @param make the node, given where it goes
 */
export function addDeviceNode(
  dev: RamDirectory,
  path: string,
  make: (directory: Directory, name: string) => DeviceNode,
): void {
  const names = path.split('/');
  const name = names.pop()!;
  let directory: Directory = dev;
  for (const step of names) {
    const found = directory.child(step);
    const parent = directory;
    directory = found instanceof Directory ? found : parent.add(new RamDirectory(dev.tree, parent, step));
  }
  if (!directory.child(name)) directory.add(make(directory, name));
}

/** A node of the kernel's gives way to another. */
export function replaceDeviceNode(dev: RamDirectory, node: Node): void {
  if (!isOfKernel(dev.child(node.name))) return;
  dev.remove(node.name);
  dev.add(node);
}

/** dev_mynode: not what a program made. */
function isOfKernel(node: Node | undefined): boolean {
  return node !== undefined && !(node instanceof RamFile) && !(node instanceof Directory);
}

/** handle_remove: with the node go the directories that are empty then. */
export function removeDeviceNode(dev: RamDirectory, path: string): void {
  const names = path.split('/');
  const name = names.pop()!;
  let directory: Directory = dev;
  for (const step of names) {
    const found = directory.child(step);
    if (!(found instanceof Directory)) return;
    directory = found;
  }
  if (!isOfKernel(directory.child(name))) return;
  directory.remove(name);
  while (directory !== dev && directory.empty) {
    const { parent } = directory;
    parent!.remove(directory.name);
    directory = parent!;
  }
}
