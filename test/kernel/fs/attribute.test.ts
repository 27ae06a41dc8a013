import { beforeEach, describe, expect, it } from 'vitest';
import { group, ro, rw, wo } from '../../../src/kernel/fs/attribute.ts';
import type { AttributeFile } from '../../../src/kernel/fs/attribute-file.ts';
import { DeviceNode } from '../../../src/kernel/fs/device-node.ts';
import type { OpenFile } from '../../../src/kernel/fs/file-system.ts';
import { EACCES, EINVAL, EIO, ENODATA, ENODEV, ENOSPC, EPERM } from '../../../src/kernel/lib/errno.ts';
import {
  O_DIRECT,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  POLLERR,
  POLLPRI,
} from '../../../src/kernel/lib/stat.ts';
import { bytes, type Fixture, makeTree, NOBODY, ok, ROOT, text } from './fixture.ts';

function thrower(): never {
  throw new Error('a bug');
}

interface Thing {
  value: string;
  shows: number;
  readonly stored: string[];
}

const things = group<Thing>({
  value: rw(
    thing => {
      thing.shows++;
      return thing.value;
    },
    (thing, written) => {
      thing.stored.push(written);
      if (written === 'bad') return EINVAL;
      return written === 'none' ? 0 : undefined;
    },
  ),
  label: ro(() => 'label\n'),
  command: wo(() => undefined),
  mask: ro(() => '0f\n', { binary: true }),
  secret: ro(() => 'secret\n', { mode: 0o400 }),
  long: ro(() => 'x'.repeat(5000)),
  broken: ro(thrower),
});

let tree: Fixture;
let thing: Thing;
const open = (name: string, flags: number, caller = ROOT) =>
  tree.vfs.open(ok(tree.vfs.lookup(tree.root, name)), flags, caller);

beforeEach(() => {
  tree = makeTree();
  thing = { value: '2147483648\n', shows: 0, stored: [] };
  tree.root.attach(things.of(thing));
});

describe('reading a text attribute', () => {
  it('takes one snapshot for a walk through it, whatever the buffer', () => {
    const file = ok(open('value', O_RDONLY));
    expect(text(file.read(0, 3))).toBe('214');
    thing.value = 'changed\n';
    expect(text(file.read(3, 100))).toBe('7483648\n');
    expect(text(file.read(11, 100))).toBe('');
    expect(thing.shows).toBe(1);
  });

  it('runs the handler again at offset 0 and at any offset that does not continue', () => {
    const file = ok(open('value', O_RDONLY));
    file.read(0, 100);
    file.read(0, 100);
    expect(text(file.read(3, 4))).toBe('7483');
    expect(thing.shows).toBe(3);
    expect(text(file.read(4096, 10))).toBe('');
  });

  it('delivers at most 4095 bytes', () => {
    expect(text(ok(open('long', O_RDONLY)).read(0, 8192))).toHaveLength(4095);
  });
});

describe('writing a text attribute', () => {
  it('hands each write to one store, up to the first NUL, and counts all of it', () => {
    const file = ok(open('value', O_WRONLY));
    expect(file.write(0, bytes('dax0.0\0junk'))).toBe(11);
    expect(file.write(100000, bytes('again'))).toBe(5);
    expect(thing.stored).toEqual(['dax0.0', 'again']);
  });

  it('cuts at one page and answers the short count', () => {
    const file = ok(open('value', O_WRONLY));
    expect(file.write(0, bytes('y'.repeat(5007)))).toBe(4096);
    expect(thing.stored[0]).toHaveLength(4096);
  });

  it('does not call the store for nothing, and passes errno and short counts on', () => {
    const file = ok(open('value', O_WRONLY));
    expect(file.write(0, bytes(''))).toBe(0);
    expect(thing.stored).toEqual([]);
    expect(file.write(0, bytes('bad'))).toEqual(EINVAL);
    expect(file.write(0, bytes('none'))).toBe(0);
  });
});

describe('opening', () => {
  it('is refused by the mode bits even for root', () => {
    expect(open('label', O_WRONLY)).toEqual(EACCES);
    expect(open('label', O_RDWR)).toEqual(EACCES);
    expect(open('command', O_RDONLY)).toEqual(EACCES);
    expect(open('command', O_RDWR)).toEqual(EACCES);
    ok(open('command', O_WRONLY | O_TRUNC));
  });

  it('is refused to others by plain permissions, also for truncating', () => {
    expect(open('secret', O_RDONLY, NOBODY)).toEqual(EACCES);
    expect(open('value', O_WRONLY, NOBODY)).toEqual(EACCES);
    expect(open('value', O_RDONLY | O_TRUNC, NOBODY)).toEqual(EACCES);
    ok(open('value', O_RDONLY, NOBODY));
  });

  it('knows no direct I/O', () => expect(open('value', O_RDONLY | O_DIRECT)).toEqual(EINVAL));

  it('succeeds after chmod, and the missing method is then EIO', () => {
    tree.vfs.setattr(ok(tree.vfs.lookup(tree.root, 'label')), { mode: 0o644 }, ROOT);
    expect(ok(open('label', O_WRONLY)).write(0, bytes('x'))).toEqual(EIO);
    tree.vfs.setattr(ok(tree.vfs.lookup(tree.root, 'command')), { mode: 0o644 }, ROOT);
    expect(ok(open('command', O_RDONLY)).read(0, 10)).toEqual(EIO);
  });
});

describe('an object that goes away', () => {
  it('leaves its descriptors dead, even after one of the same name came', () => {
    const directory = tree.root.addDirectory('thing');
    directory.attach(things.of(thing));
    const file = ok(tree.vfs.open(ok(tree.vfs.lookup(directory, 'value')), O_RDWR, ROOT));
    expect(text(file.read(0, 100))).toBe('2147483648\n');
    tree.root.remove('thing');
    tree.root.addDirectory('thing').attach(things.of(thing));
    expect(file.read(0, 100)).toEqual(ENODEV);
    expect(file.read(11, 100)).toEqual(ENODEV);
    expect(file.write(0, bytes('x'))).toEqual(ENODEV);
    expect(file.poll() & (POLLERR | POLLPRI)).toBe(POLLERR | POLLPRI);
  });
});

describe('polling', () => {
  it('shows ERR|PRI until the first read and after each notification', () => {
    const file = ok(open('label', O_RDONLY));
    const notified = (): boolean => (file.poll() & (POLLERR | POLLPRI)) !== 0;
    expect(notified()).toBe(true);
    file.read(0, 100);
    expect(notified()).toBe(false);
    let woken = 0;
    file.onWake(() => woken++);
    (tree.root.child('label') as AttributeFile<Thing>).notify();
    expect(woken).toBe(1);
    expect(notified()).toBe(true);
  });
});

it('a bug in a handler is EIO for that call, and is reported', () => {
  expect(ok(open('broken', O_RDONLY)).read(0, 10)).toEqual(EIO);
  expect(tree.bugs).toHaveLength(1);
  expect(text(ok(open('label', O_RDONLY)).read(0, 10))).toBe('label\n');
});

it('a bug in a driver is reported by each call on its file, and leaves none unanswered', () => {
  const broken = new Proxy({} as OpenFile, { get: () => thrower });
  tree.root.add(new DeviceNode(tree.root, 'broken0', 0o600, { major: 252, minor: 0 }, () => broken));
  const file = ok(open('broken0', O_RDWR));
  const mapping = { start: 0n, length: 4096n, offset: 0n, protection: 0, flags: 0 };
  expect([file.read(0, 1), file.write(0, bytes('x')), file.poll()]).toEqual([EIO, EIO, POLLERR]);
  expect([file.lseek?.(0, 0), file.mmap?.(mapping), file.release()]).toEqual([EIO, EIO, undefined]);
  expect(tree.bugs).toHaveLength(6);
});

describe('a CPU mask', () => {
  it('gives a read one byte less than it has room for, and EPERM behind its NUL', () => {
    const file = ok(open('mask', O_RDONLY));
    const read = (offset: number, length: number) => {
      const answer = file.read(offset, length);
      return answer instanceof Uint8Array ? text(answer) : answer;
    };
    expect([1, 2, 3, 4, 5000].map(length => read(0, length))).toEqual(['', '0', '0f', '0f\n', '0f\n']);
    expect([1, 2, 3, 4, 4095, 4096].map(offset => read(offset, 10))).toEqual([
      ...['f\n', '\n', ''],
      ...[EPERM, EPERM, ''],
    ]);
  });
});

describe('an extended attribute', () => {
  it('has a name behind its prefix', () => {
    const node = ok(tree.vfs.lookup(tree.root, 'value'));
    expect(tree.vfs.getxattr(node, 'trusted.')).toEqual(EINVAL);
    expect(tree.vfs.setxattr(node, 'user.', bytes('a'), 0, ROOT)).toEqual(EINVAL);
    expect(tree.vfs.getxattr(node, 'trusted..')).toEqual(ENODATA);
  });

  it('is one of 128 of a file at most, with 128 KiB in all, and makes room when it goes', () => {
    const node = ok(tree.vfs.lookup(tree.root, 'value'));
    const set = (name: string, length: number) =>
      tree.vfs.setxattr(node, `trusted.${name}`, new Uint8Array(length), 0, ROOT);
    for (let i = 0; i < 128; i++) expect(set(`${i}`, 1)).toBeUndefined();
    expect(set('one more', 0)).toBe(ENOSPC);
    expect(set('0', 2)).toBeUndefined();
    tree.vfs.removexattr(node, 'trusted.127', ROOT);
    expect(set('large', 64 * 1024)).toBeUndefined();
    tree.vfs.removexattr(node, 'trusted.126', ROOT);
    expect(set('too large', 64 * 1024)).toBe(ENOSPC);
    expect(set('large', 1)).toBeUndefined();
    expect(set('too large', 64 * 1024)).toBeUndefined();
  });
});
