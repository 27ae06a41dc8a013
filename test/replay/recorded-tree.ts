import { DeviceNode } from '../../src/kernel/fs/device-node.ts';
import { Directory } from '../../src/kernel/fs/directory.ts';
import type { FileSystem } from '../../src/kernel/fs/file-system.ts';
import { throwBug } from '../../src/kernel/fs/guarded-file.ts';
import { FileNode, type Node, Tree } from '../../src/kernel/fs/node.ts';
import { TextLink } from '../../src/kernel/fs/ram-directory.ts';
import { SeqFile } from '../../src/kernel/fs/seq-file.ts';
import { Vfs } from '../../src/kernel/fs/vfs.ts';
import { EIO, ENXIO, type Errno } from '../../src/kernel/lib/errno.ts';
import { S_IFBLK, S_IFCHR, S_IFREG } from '../../src/kernel/lib/stat.ts';
import type { Dump } from '../../src/replay/compare/dump.ts';

/** A tree that stands still, made from the lines of a recorded dump. */
export function recordedTree(dump: Dump): FileSystem {
  const root = new Directory(new Tree(() => 0n), undefined, '');
  const proc = new Map<string, string[]>();
  for (const line of dump.values()) {
    const of = /^\/proc\/(\w+): \|?(.*)$/.exec(line);
    if (of) proc.set(of[1]!, [...(proc.get(of[1]!) ?? []), of[1] === 'zoneinfo' ? zoneinfo(of[2]!) : of[2]!]);
    else addNode(root, line);
  }
  const directory = directoryAt(root, '/proc');
  for (const [name, lines] of proc) {
    directory.add(new SeqFile(directory, name, () => lines.map(line => `${line}\n`).join('')));
  }
  return new Vfs(root, throwBug);
}

function zoneinfo(line: string): string {
  const match = /^(.*) spanned (\d+) present (\d+) managed (\d+) start_pfn (\d+)$/.exec(line)!;
  const [, zone, spanned, present, managed, start] = match;
  return [
    `${zone}\n  pages free     1`,
    `        spanned  ${spanned}`,
    `        present  ${present}`,
    `        managed  ${managed}`,
    `  start_pfn:           ${start}`,
  ].join('\n');
}

function addNode(root: Directory, line: string): void {
  const [, type, mode, uid, gid, size, path, rest] =
    /^([dflcb]) (\d+) (\d+):(\d+) size=(\d+) nlink=\d+ (\S+)(.*)$/.exec(line)!;
  const at = path!.lastIndexOf('/');
  const parent = directoryAt(root, path!.slice(0, at));
  const name = path!.slice(at + 1);
  const bits = Number.parseInt(mode!, 8);
  let node: Node;
  if (type === 'd') node = directoryAt(root, path!);
  else if (type === 'f') node = parent.add(new StillFile(parent, name, bits, Number(size), rest!));
  else if (type === 'l') node = parent.add(new StillLink(parent, name, rest!.replace(' -> ', '')));
  else {
    const [major, minor] = rest!.replace(' dev=', '').split(':').map(Number);
    const kind = type === 'c' ? S_IFCHR : S_IFBLK;
    const rdev = { major: major!, minor: minor! };
    node = parent.add(new DeviceNode(parent, name, bits, rdev, () => ENXIO, kind));
  }
  node.mode = bits;
  node.uid = Number(uid);
  node.gid = Number(gid);
}

function directoryAt(root: Directory, path: string): Directory {
  let directory = root;
  for (const name of path.split('/').slice(1)) {
    directory = (directory.child(name) as Directory | undefined) ?? directory.addDirectory(name);
  }
  return directory;
}

const READ_ERRORS: Readonly<Record<string, Errno>> = { EIO, ENXIO };

class StillLink extends TextLink {
  override get size(): number {
    return 0;
  }
}

class StillFile extends FileNode {
  readonly type = S_IFREG;
  readonly #size: number;
  readonly #content: string;

  constructor(parent: Directory, name: string, mode: number, size: number, content: string) {
    super(parent.tree, parent, name, mode);
    this.#size = size;
    this.#content = content;
  }

  override get size(): number {
    return this.#size;
  }

  override get barsRoot(): boolean {
    return true;
  }

  open() {
    const error = READ_ERRORS[/^ !read:(\w+)$/.exec(this.#content)?.[1] ?? ''];
    const text = this.#content.replace(/^ = /, '');
    const bytes = Buffer.from(error || text.startsWith(' !') ? '' : (JSON.parse(text) as string));
    return {
      read: (offset: number, length: number) => error ?? bytes.subarray(offset, offset + length),
      write: () => EIO,
      poll: () => 5,
      onWake: () => () => {},
      release: () => {},
    };
  }
}
