import { describe, expect, it } from 'vitest';
import { Comparison } from '../../../src/replay/compare/compare.ts';
import { dumpChanges, parseDump } from '../../../src/replay/compare/dump.ts';
import type { Step } from '../../../src/replay/step.ts';

const EMPTY = parseDump('');
const KERNEL = '6.12.117';
const step = (answers: Partial<Step>): Step => ({ seq: 1, op: 'write', uid: 0, ...answers });
const fields = (differences: readonly { field: string }[]) => differences.map(({ field }) => field);
const fresh = (kernel = KERNEL) => new Comparison(kernel, EMPTY, EMPTY);
const event = (seqnum: number, ...keys: string[]) => ['add@/a', 'ACTION=add', ...keys, `SEQNUM=${seqnum}`];
const file = (path: string, content: string) => `f 0644 0:0 size=4096 nlink=1 ${path} = "${content}"`;

describe('an operation', () => {
  it('matches when result, stage, count and answers are equal', () => {
    const recorded = step({ result: 'OK', n: 2, stage: 'write' });
    expect(fresh().operation(recorded, { result: 'OK', n: 2, stage: 'write' })).toEqual([]);
    expect(fields(fresh().operation(recorded, { result: 'OK', n: 2, stage: 'open' }))).toEqual(['stage']);
    expect(fields(fresh().operation(recorded, { result: 'EBUSY', n: -1, stage: 'write' }))).toEqual([
      'result',
      'n',
    ]);
  });

  it.each(['close', 'signal', 'an answer of recordings to come'])(
    'does not match when only the recording has %s',
    answer => {
      const recorded = step({ result: 'OK', n: 2, stage: 'write', [answer]: 'EIO' });
      expect(fresh().operation(recorded, { result: 'OK', n: 2, stage: 'write' })).toEqual([
        { field: answer, expected: 'EIO', actual: undefined },
      ]);
    },
  );

  it('does not match when only one side has bytes', () => {
    const recorded = step({ op: 'read', result: 'OK', n: 0, stage: 'read', bytes_b64: 'MQ==' });
    expect(fields(fresh().operation(recorded, { result: 'OK', n: 0, stage: 'read' }))).toEqual(['bytes']);
  });

  it('compares every stat field but the device', () => {
    const st = { type: 'reg', mode: '0644', nlink: 1 };
    const recorded = step({ op: 'stat', result: 'OK', n: 0, stage: '', st: { ...st, dev: '0:23' } });
    expect(fresh().operation(recorded, { result: 'OK', n: 0, stage: '', st })).toEqual([]);
    expect(
      fields(fresh().operation(recorded, { result: 'OK', n: 0, stage: '', st: { ...st, nlink: 2 } })),
    ).toEqual(['st']);
  });

  it('ignores the length of a content only where lines of it are masked', () => {
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const read = (text: string) => ({ result: 'OK', n: text.length, stage: 'read', bytes_b64: base64(text) });
    const board = '00000000-00000fff : Reserved\n000c0000-000c05ff : Video ROM\n';
    const bare = '00000000-00000fff : Reserved\n';
    expect(fresh().operation(step(read(board)), read(bare))).toEqual([]);
    expect(fields(fresh().operation(step(read('1\n')), read('1')))).toEqual(['bytes', 'n']);
  });
});

describe('uevents', () => {
  it('may be numbered from anywhere, but not with gaps', () => {
    const comparison = fresh();
    const journal = (recorded: string[][], ours: string[][]) =>
      comparison.journal(step({ uevents: recorded, dmesg: [] }), { uevents: ours, dmesg: [] });
    expect(journal([event(800)], [event(7)])).toEqual([]);
    expect(journal([event(801), event(802)], [event(8), event(9)])).toEqual([]);
    expect(fields(journal([event(803)], [event(11)]))).toEqual(['uevents']);
    expect(journal([event(804)], [event(12)])).toEqual([]);
  });

  it('have to have the same keys in the same order', () => {
    const recorded = step({ uevents: [event(1, 'MAJOR=252', 'MINOR=0')], dmesg: [] });
    const ours = { uevents: [event(1, 'MINOR=0', 'MAJOR=252')], dmesg: [] };
    expect(fields(fresh().journal(recorded, ours))).toEqual(['uevents']);
  });
});

describe('log lines', () => {
  const journal = (kernel: string, recorded: Step['dmesg'], ours: Step['dmesg']) =>
    fresh(kernel).journal(step({ uevents: [], dmesg: recorded! }), { uevents: [], dmesg: ours! });

  it('count with their level and their dictionary', () => {
    const line = { prio: 3, text: 'kmem dax0.0: probe failed', dict: ['SUBSYSTEM=dax'] };
    expect(journal(KERNEL, [line], [line])).toEqual([]);
    expect(fields(journal(KERNEL, [line], [{ ...line, prio: 4 }]))).toEqual(['dmesg']);
    expect(fields(journal(KERNEL, [line], [{ ...line, dict: [] }]))).toEqual(['dmesg']);
  });

  describe('of failed synthetic events', () => {
    const line = { prio: 4, text: 'synth uevent: /bus/dax: unknown uevent action string' };
    const complain = (kernel: string, result: string, stood: number) => {
      const comparison = fresh(kernel);
      const events = { uevents: [], dmesg: [line] };
      for (let i = 0; i < stood; i++)
        comparison.journal(step({ result: 'EINVAL', uevents: [], dmesg: [line] }), events);
      return fields(comparison.journal(step({ result, uevents: [], dmesg: [] }), events));
    };

    it('may have been held back after ten', () => {
      expect(complain(KERNEL, 'EINVAL', 10)).toEqual([]);
      expect(complain(KERNEL, 'EINVAL', 9)).toEqual(['dmesg']);
    });

    it('are needless where the write succeeds', () => {
      expect(complain(KERNEL, 'OK', 10)).toEqual(['dmesg']);
    });

    it('are not held back by 6.1, and never too few', () => {
      expect(complain('6.1.0', 'EINVAL', 10)).toEqual(['dmesg']);
      expect(fields(fresh().journal(step({ dmesg: [line] }), { uevents: [], dmesg: [] }))).toEqual(['dmesg']);
    });
  });
});

describe('tree changes', () => {
  const changes = (recorded: string[], before: string, after: string) =>
    fresh().changes(step({ changes: recorded }), dumpChanges(parseDump(before), parseDump(after)));

  it('are the lines that went and came, in any order', () => {
    const [old, now] = [file('/sys/a', '0\\n'), file('/sys/a', '1\\n')];
    expect(changes([`+ ${now}`, `- ${old}`], old, now)).toEqual([]);
    expect(changes([], old, now)).toEqual([
      { field: 'changes', expected: [], actual: [`- ${old}`, `+ ${now}`] },
    ]);
    expect(changes([`- ${old}`], old, old)).toEqual([
      { field: 'changes', expected: [`- ${old}`], actual: [] },
    ]);
  });

  it('do not hold what only counts use of a node', () => {
    const path = '/sys/devices/system/node/node0/vmstat';
    expect(changes([], file(path, 'numa_hit 5\\n'), file(path, 'numa_hit 6\\n'))).toEqual([]);
  });

  it('show each difference of MemTotal, whatever boot left over', () => {
    const total = (kib: number) => `/proc/meminfo: MemTotal:        ${kib} kB`;
    const zone = (managed: number) =>
      `/proc/zoneinfo: Node 0, zone   Normal spanned 9000 present 9000 managed ${managed} start_pfn 1`;
    const boot = [
      '/proc/iomem: |00000000-07ffffff : System RAM',
      'l 0777 0:0 size=0 nlink=1 /sys/devices/system/node/node0/memory0 -> ../../memory/memory0',
      file('/sys/devices/system/memory/block_size_bytes', '8000000\\n'),
    ].join('\n');
    const recorded = parseDump([boot, total(4000), zone(1000)].join('\n'));
    const ours = (kib: number) => parseDump([boot, total(kib), zone(975)].join('\n'));
    const comparison = new Comparison(KERNEL, recorded, ours(3900));
    const grown = step({ changes: [`- ${total(4000)}`, `+ ${total(4400)}`] });
    expect(comparison.dump('before', recorded, ours(3900))).toEqual([]);
    expect(comparison.changes(grown, dumpChanges(ours(3900), ours(4300)))).toEqual([]);
    expect(fields(comparison.changes(grown, dumpChanges(ours(3900), ours(4304))))).toEqual(['changes']);
  });
});

describe('a size where page contents are cached', () => {
  const cached = () => new Comparison(KERNEL, EMPTY, EMPTY, true);
  const sized = (size: number, content: string) => `f 0644 0:0 size=${size} nlink=1 /sys/a = "${content}"`;
  const dump = (comparison: Comparison, recorded: string, ours: string) =>
    fields(comparison.dump('after', parseDump(recorded), parseDump(ours)));

  it('may be the length of the content in place of the recorded one, and nothing else', () => {
    const recorded = sized(4096, '\\x00\\t\\"1\\n');
    expect(dump(cached(), recorded, sized(5, '\\x00\\t\\"1\\n'))).toEqual([]);
    expect(dump(cached(), recorded, sized(6, '\\x00\\t\\"1\\n'))).toEqual(['dump.after']);
    expect(dump(fresh(), recorded, sized(5, '\\x00\\t\\"1\\n'))).toEqual(['dump.after']);
  });

  it('is compared where there is no content', () => {
    const closed = (size: number) => `f 0200 0:0 size=${size} nlink=1 /sys/a !open:EACCES`;
    expect(dump(cached(), closed(4096), closed(4096))).toEqual([]);
    expect(dump(cached(), closed(4096), closed(2))).toEqual(['dump.after']);
  });

  it('is so in tree changes, in stat(2) and from the end of a file', () => {
    const change = step({ changes: [`- ${sized(4096, '0\\n')}`, `+ ${sized(4096, '10\\n')}`] });
    const ours = (size: number) => dumpChanges(parseDump(sized(2, '0\\n')), parseDump(sized(size, '10\\n')));
    expect(cached().changes(change, ours(3))).toEqual([]);
    expect(fields(cached().changes(change, ours(2)))).toEqual(['changes']);

    const stat = (size: number) => ({ result: 'OK', n: 0, stage: 'stat', st: { size }, content_n: 3 });
    const recorded = step({ op: 'stat', result: 'OK', n: 0, stage: 'stat', st: { size: 4096 } });
    expect(cached().operation(recorded, stat(3))).toEqual([]);
    expect(fields(cached().operation(recorded, stat(0)))).toEqual(['st']);

    const seek = step({ op: 'lseek', whence: 2, offset: 10, result: 'OK', stage: 'lseek', n: 4106 });
    const moved = (n: number) => ({ result: 'OK', n, stage: 'lseek', content_n: 3 });
    expect(cached().operation(seek, moved(13))).toEqual([]);
    expect(fields(cached().operation(seek, moved(3)))).toEqual(['n']);
  });
});
