import { replaceDeviceNode } from '../../base/devtmpfs.ts';
import type { Uevent } from '../../base/uevent.ts';
import type { ChildSource, Directory } from '../../fs/directory.ts';
import { Link } from '../../fs/directory.ts';
import type { Node } from '../../fs/node.ts';
import { S_IFLNK, S_IFREG } from '../../lib/stat.ts';
import type { DaxBus } from '../bus.ts';
import type { DevDax } from '../dev-dax.ts';
import type { DaxMemory } from './dax-memory.ts';
import { DaxMemoryFile } from './dax-memory-file.ts';

export interface MemoryTreeOptions {
  /** Put the files at `dev/daxX.Y` instead of device nodes; the directory then holds links to them. */
  readonly inDev: boolean;
}

/**
 * Where the contents of the dax devices are served, as {@link DaxMemoryFile}s: one for each device of the bus, and one
 * only, since two files would be cached apart from each other.
 */
export class MemoryTree implements ChildSource {
  readonly directories = 0;
  readonly #directory: Directory;
  readonly #bus: DaxBus;
  readonly #memory: DaxMemory;
  readonly #inDev: boolean;
  #seen: number;

  /** @param directory shows the files, from now on */
  constructor(directory: Directory, bus: DaxBus, memory: DaxMemory, { inDev }: MemoryTreeOptions) {
    this.#directory = directory;
    this.#bus = bus;
    this.#memory = memory;
    this.#inDev = inDev;
    const { uevents } = bus.core;
    this.#seen = uevents.next;
    uevents.subscribe(() => {
      for (; this.#seen < uevents.next; this.#seen++) {
        const event = uevents.at(this.#seen);
        if (event && isOfDaxDevice(event)) this.#follow(event);
      }
    });
    bus.resized = dax => this.contentChanged(dax);
    if (inDev) this.#replaceDeviceNodes();
    directory.attach(this);
  }

  make(parent: Directory, name: string): Node | undefined {
    const dax = this.#bus.devDax(name);
    if (!dax) return undefined;
    if (!this.#inDev) return new DaxMemoryFile(parent, name, dax, this.#memory);
    const file = this.#bus.core.dev.child(name);
    return file && new Link(parent, name, file);
  }

  names(): Iterable<string> {
    return this.#bus.everyDevDax().map(dax => dax.name);
  }

  typeOf(): number {
    return this.#inDev ? S_IFLNK : S_IFREG;
  }

  /** What the file of a device shows has changed: whoever caches its pages has to drop them. */
  contentChanged(dax: DevDax): void {
    const file = this.#inDev ? this.#bus.core.dev.child(dax.name) : this.#directory.liveChild(dax.name);
    if (file) this.#bus.core.dev.tree.inodeChanged(file);
  }

  /** Adding and removing a device changes the names; binding and unbinding ends or begins its contents. */
  #follow({ action, devpath }: Uevent): void {
    const name = devpath.slice(devpath.lastIndexOf('/') + 1);
    const dax = this.#bus.devDax(name);
    if (action === 'add' && dax && this.#inDev) this.#replaceDeviceNode(dax);
    if (action === 'add' || action === 'remove') this.#directory.sourceChanged(name);
    else if (dax) this.contentChanged(dax);
  }

  /** A file has the device number 0:0, by which libdaxctl looks for the subsystem of a node in /dev. */
  #replaceDeviceNodes(): void {
    const { core, directory, name } = this.#bus;
    const subsystem = core.classDirectory.liveChild(name) ?? directory;
    core.charDirectory.addDirectory('0:0').addLink('subsystem', subsystem);
    for (const dax of this.#bus.everyDevDax()) this.#replaceDeviceNode(dax);
  }

  #replaceDeviceNode(dax: DevDax): void {
    const { dev } = this.#bus.core;
    if (dev.liveChild(dax.name) instanceof DaxMemoryFile) return;
    replaceDeviceNode(dev, new DaxMemoryFile(dev, dax.name, dax, this.#memory));
  }
}

/** An event that the kernel sent by itself, not one that a program asked for. */
function isOfDaxDevice({ env }: Uevent): boolean {
  return env.includes('SUBSYSTEM=dax') && !env.some(key => key.startsWith('SYNTH_UUID='));
}
