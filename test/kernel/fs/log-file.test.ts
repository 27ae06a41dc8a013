import { beforeEach, describe, expect, it } from 'vitest';
import { RecordRing } from '../../../src/kernel/base/record-ring.ts';
import { PENDING } from '../../../src/kernel/fs/file-system.ts';
import { LogFile } from '../../../src/kernel/fs/log-file.ts';
import { O_RDONLY, O_RDWR } from '../../../src/kernel/lib/stat.ts';
import { type Fixture, makeTree, ok, ROOT, text } from './fixture.ts';

const CAPACITY = 4;

let tree: Fixture;
let log: RecordRing<string>;
let file: LogFile<string>;
const open = (flags = O_RDONLY) => ok(tree.vfs.open(file, flags, ROOT));

beforeEach(() => {
  tree = makeTree();
  log = new RecordRing(CAPACITY);
  file = tree.root.add(new LogFile(tree.root, 'log', log, line => `${line}\n`));
});

describe('a log that is read as a file', () => {
  it('grows in size and time with each record', () => {
    log.push('one');
    const before = tree.vfs.getattr(file);
    log.push('three');
    const after = tree.vfs.getattr(file);
    expect([before.size, after.size]).toEqual([4, 10]);
    expect(after.mtime).toBeGreaterThan(before.mtime);
  });

  it('is read from any offset, in parts that cut and join records', () => {
    for (const line of ['one', 'two', 'three']) log.push(line);
    const opened = open();
    expect(text(opened.read(6, 5))).toBe('o\nthr');
    expect(text(opened.read(0, 100))).toBe('one\ntwo\nthree\n');
    expect(text(opened.read(14, 100))).toBe('');
  });

  it('shows what came since to whoever read to its end', () => {
    log.push('one');
    const opened = open();
    expect(text(opened.read(0, 100))).toBe('one\n');
    log.push('two');
    expect(text(opened.read(4, 100))).toBe('two\n');
  });

  it('makes only those wait at its end who opened it read-write', () => {
    expect(open().read(0, 100)).toHaveLength(0);
    const follower = open(O_RDWR);
    expect(follower.read(0, 100)).toBe(PENDING);
    log.push('one');
    expect(follower.poll()).not.toBe(0);
    expect(text(follower.read(0, 100))).toBe('one\n');
  });

  it('tells in a line of its own how many records a reader missed, and goes on behind them', () => {
    log.push('zero');
    const slow = open();
    expect(text(slow.read(0, 2))).toBe('ze');
    for (let i = 1; i < 20; i++) log.push(`line ${i}`);
    const kept = ['line 16', 'line 17', 'line 18', 'line 19'].map(line => `${line}\n`).join('');
    expect(text(slow.read(2, 8))).toBe('\nlost 16');
    expect(text(slow.read(10, 19))).toBe(' records\nline 16\nli');
    expect(text(slow.read(29, 100))).toBe(kept.slice(10));
    expect(text(open().read(0, 100))).toBe(kept);
    const { size } = tree.vfs.getattr(file);
    expect(text(open().read(size - 8, 100))).toBe('line 19\n');
  });

  it('tells of records that were dropped before anybody looked at its size, and is long enough for all that is read', () => {
    log.push('zero');
    const follower = open();
    const begin = text(follower.read(0, 100));
    for (let i = 0; i < 5; i++) log.push('x');
    const { size } = tree.vfs.getattr(file);
    expect(begin + text(follower.read(begin.length, 100))).toBe('zero\nlost 1 record\nx\nx\nx\nx\n');
    expect(size).toBeGreaterThanOrEqual('zero\nlost 1 record\nx\nx\nx\nx\n'.length);
  });

  it('is there to be read for a follower that waited and lost all', () => {
    const follower = open();
    expect(follower.poll()).toBe(0);
    for (let i = 0; i < 9; i++) log.push('x');
    expect(follower.poll()).not.toBe(0);
    expect(text(follower.read(0, 100))).toBe('lost 5 records\nx\nx\nx\nx\n');
  });
});
