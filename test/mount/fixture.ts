import type { FileSystemHost } from '../../mount/transport.ts';
import { group, ro, rw, wo } from '../../src/kernel/fs/attribute.ts';
import { ControlFile } from '../../src/kernel/fs/control-file.ts';
import { DeviceNode } from '../../src/kernel/fs/device-node.ts';
import { type ChildSource, Directory } from '../../src/kernel/fs/directory.ts';
import type { FileSystem, OpenFile } from '../../src/kernel/fs/file-system.ts';
import { LogFile } from '../../src/kernel/fs/log-file.ts';
import { FileNode, Tree } from '../../src/kernel/fs/node.ts';
import { RamDirectory } from '../../src/kernel/fs/ram-directory.ts';
import type { RecordLog } from '../../src/kernel/fs/record-log.ts';
import { SeqFile } from '../../src/kernel/fs/seq-file.ts';
import { StreamFile } from '../../src/kernel/fs/stream-file.ts';
import { Vfs } from '../../src/kernel/fs/vfs.ts';
import { EBUSY, EINVAL, ENXIO, type Result } from '../../src/kernel/lib/errno.ts';
import { S_IFREG } from '../../src/kernel/lib/stat.ts';

/** An object with one attribute of each kind, as a driver's would be. */
interface Gadget {
  value: string;
  stores: string[];
  readonly directory: Directory;
}

const gadgetAttributes = group<Gadget>({
  value: rw(
    gadget => `${gadget.value}\n`,
    (gadget, text) => {
      if (text === 'busy\n') return EBUSY;
      if (text === 'bug\n') throw new Error('a bug in a store');
      gadget.value = text.trim().slice(0, 64);
      gadget.directory.contentChanged('value');
    },
    { stable: true },
  ),
  stores: ro(gadget => gadget.stores.map(text => `${text.length}\n`).join(''), { stable: true }),
  append: wo((gadget, text) => {
    gadget.stores.push(text);
    gadget.directory.contentChanged('stores');
  }),
  long: ro(() => 'x'.repeat(4095)),
  short_write: wo(() => 1),
  secret: ro(() => 'hidden\n', { mode: 0o400 }),
  wakes: rw(
    () => 'quiet\n',
    gadget => {
      const file = gadget.directory.child('wakes') as { notify?: () => void };
      file.notify?.();
    },
  ),
});

/** What a device holds, as a file that can be mapped; its pages say how many they are. */
class Pages extends FileNode {
  readonly type = S_IFREG;
  #count = 1;

  override get paged(): boolean {
    return true;
  }

  override get size(): number {
    return 4096 * this.#count;
  }

  resize(count: number): void {
    this.#count = count;
    this.tree.inodeChanged(this);
  }

  open(): OpenFile {
    return {
      read: (offset, length) => {
        const text = String(this.#count % 10).repeat(this.size);
        return Buffer.from(text.slice(offset, offset + length));
      },
      write: (_offset, data) => data.length,
      poll: () => 0,
      onWake: () => () => {},
      release: () => {},
    };
  }
}

class LineLog implements RecordLog<string> {
  readonly first = 0;
  readonly #lines: string[] = [];
  readonly #listeners = new Set<() => void>();

  get next(): number {
    return this.#lines.length;
  }

  at(sequence: number): string | undefined {
    return this.#lines[sequence];
  }

  append(line: string): void {
    this.#lines.push(line);
    for (const listener of this.#listeners) listener();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** As many directories as asked for, made when somebody looks. */
function manyBlocks(count: number): ChildSource {
  return {
    directories: count,
    make: (parent, name) => {
      const index = /^block(\d+)$/.exec(name)?.[1];
      return index === undefined || Number(index) >= count
        ? undefined
        : new Directory(parent.tree, parent, name);
    },
    *names() {
      for (let i = 0; i < count; i++) yield `block${i}`;
    },
    typeOf: () => 0o040000,
  };
}

/**
 * A small tree with every kind of node:
 * `bus/gadget0/…` attributes, `bus/link`, `control/{add,remove,log,follow,say,told,resize,pages}`, `dev/`, `many/`.
 * Writing N to `control/add` or `control/remove` makes or takes away gadget N with its device node; to `control/resize`, makes
 * `control/pages` N pages long.
 */
export function createFileSystem(
  data: unknown,
  { clock, onBug }: Pick<FileSystemHost, 'clock' | 'onBug'>,
): FileSystem {
  const { blocks = 2000 } = (data ?? {}) as { blocks?: number };
  const root = new Directory(new Tree(clock), undefined, '');
  const bus = root.addDirectory('bus');
  const dev = root.add(new RamDirectory(root.tree, root, 'dev'));
  const log = new LineLog();
  let minor = 0;

  const add = (index: number): void => {
    const directory = bus.addDirectory(`gadget${index}`);
    directory.attach(gadgetAttributes.of({ value: `${index}`, stores: [], directory }));
    const rdev = { major: 240, minor: minor++ };
    dev.add(new DeviceNode(dev, `gadget${index}`, 0o600, rdev, () => ENXIO));
    log.append(`add ${index}\n`);
  };
  const remove = (index: number): void => {
    bus.remove(`gadget${index}`);
    dev.remove(`gadget${index}`);
    log.append(`remove ${index}\n`);
  };
  const control = root.addDirectory('control');
  const command = (name: string, run: (index: number) => void): void => {
    const store = (text: string): Result<undefined> => {
      const index = Number.parseInt(text, 10);
      if (Number.isNaN(index)) return EINVAL;
      run(index);
      return undefined;
    };
    control.add(new ControlFile(control, name, { mode: 0o200, store }));
  };
  command('add', add);
  command('remove', remove);
  const pages = control.add(new Pages(root.tree, control, 'pages', 0o444));
  command('resize', count => pages.resize(count));
  control.add(
    new ControlFile(control, 'say', {
      mode: 0o222,
      store: text => {
        log.append(text);
        return undefined;
      },
    }),
  );
  const format = (line: string): string => line;
  control.add(new LogFile(control, 'log', log, format, { mode: 0o666 }));
  control.add(new StreamFile(control, 'follow', log, { mode: 0o444, format }));
  control.add(
    new SeqFile(control, 'told', () =>
      bus
        .list()
        .map(({ name }) => `${name}\n`)
        .join(''),
    ),
  );
  root.addDirectory('private', 0o700).addDirectory('inner');
  root.addDirectory('many').attach(manyBlocks(blocks));
  add(0);
  add(1);
  bus.addLink('link', bus.child('gadget0')!);
  return new Vfs(root, onBug);
}
