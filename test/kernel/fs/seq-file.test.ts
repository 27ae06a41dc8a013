import { describe, expect, it } from 'vitest';
import { SeqFile } from '../../../src/kernel/fs/seq-file.ts';
import { O_RDONLY } from '../../../src/kernel/lib/stat.ts';
import { makeTree, ok, ROOT } from './fixture.ts';

function opened(...lengths: number[]) {
  const { root } = makeTree();
  const records = lengths.map((length, i) => `${i}`.repeat(length));
  const file = ok(root.add(new SeqFile(root, 'zoneinfo', () => records)).open(O_RDONLY, ROOT));
  const read = (offset: number, length: number, paged?: boolean) =>
    (file.read(offset, length, paged) as Uint8Array).length;
  return { read, text: records.join('') };
}

describe('read(2) of a seq_file', () => {
  it('gives the records that fit a page, however much is asked for', () => {
    const { read } = opened(4065, 3200, 800, 3000, 2716);
    const starts = [0, 4065, 4065 + 4000, 4065 + 7000, 4065 + 9716];
    expect(starts.map(at => read(at, 100_000))).toEqual([4065, 4000, 3000, 2716, 0]);
  });

  it('cuts a record where what is asked for ends, and goes on with the rest of it and the next ones', () => {
    const { read } = opened(30, 30, 4080);
    expect([read(0, 40), read(40, 5), read(45, 4096), read(4140, 1)]).toEqual([40, 5, 15 + 4080, 0]);
  });

  it('makes a larger buffer for a record that fits no page, and keeps it', () => {
    const { read } = opened(5000, 3000, 200);
    expect([read(0, 100_000), read(8000, 100_000)]).toEqual([8000, 200]);
  });

  it('begins within a record after a seek', () => {
    const { read } = opened(100, 100, 100);
    expect([read(150, 10), read(250, 1000), read(200, 10), read(1000, 10)]).toEqual([10, 50, 10, 0]);
  });

  it('gives pages all that is there', () => {
    const { read, text } = opened(4065, 3200, 800);
    expect(read(0, 16_384, true)).toBe(text.length);
  });
});
