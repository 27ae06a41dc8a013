import type { DeviceNode } from '../fs/device-node.ts';
import type { Directory } from '../fs/directory.ts';
import type { Node } from '../fs/node.ts';
import { RamDirectory } from '../fs/ram-directory.ts';

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
  let directory = dev;
  for (const step of names) {
    const found = directory.child(step);
    if (found && !(found instanceof RamDirectory)) return;
    directory = found ?? directory.add(new RamDirectory(dev.tree, directory, step));
  }
  if (!directory.child(name)) directory.addOfKernel(make(directory, name));
}

/** A node of the kernel's gives way to another. */
export function replaceDeviceNode(dev: RamDirectory, node: Node): void {
  if (!dev.isOfKernel(dev.child(node.name))) return;
  dev.remove(node.name);
  dev.addOfKernel(node);
}

/** handle_remove: with the node go the directories that are empty then. */
export function removeDeviceNode(dev: RamDirectory, path: string): void {
  const names = path.split('/');
  const name = names.pop()!;
  let directory = dev;
  for (const step of names) {
    const found = directory.child(step);
    if (!(found instanceof RamDirectory)) return;
    directory = found;
  }
  if (!directory.isOfKernel(directory.child(name))) return;
  directory.remove(name);
  while (directory !== dev && directory.empty) {
    const { parent, name: emptied } = directory;
    if (!(parent instanceof RamDirectory)) return;
    parent.remove(emptied);
    directory = parent;
  }
}
