import { describe, expect, it } from 'vitest';
import { KERNEL } from '../../../src/kernel/fs/file-system.ts';
import { takeDump } from '../../../src/replay/compare/dump.ts';
import { maskLines } from '../../../src/replay/compare/masks.ts';
import { readScenario, type Scenario } from '../../../src/replay/scenario.ts';
import { EngineCalls } from '../../../src/user/calls/engine-calls.ts';
import { Shell } from '../../../src/user/shell/shell.ts';
import { recordedTree } from '../../replay/recorded-tree.ts';

const GOLDEN = new URL('../../golden/', import.meta.url).pathname;
const scenario = readScenario(`${GOLDEN}6.12-02-driver-attrs`);
const calls = new EngineCalls(recordedTree(scenario.dumps.get('before')!), KERNEL);
const run = (text: string) => {
  const outcome = new Shell(calls).run(text);
  return 'missing' in outcome ? outcome : { exit: outcome.exit, stdout: outcome.stdout };
};

/** Commands done before anything changed: the tree is still the one of the first dump. */
function* looks({ steps }: Scenario) {
  for (const step of steps) {
    if (step.changes?.length) return;
    if (step.op === 'sh') yield step;
  }
}

describe('the shell', () => {
  it.each(['6.12-06-misaligned-nonode', '6.12-x-automovable-a', '6.1-01-load-order', '6.1-09a-pmem-labels'])(
    'prints what the recorded one printed in %s',
    name => {
      const recorded = readScenario(GOLDEN + name);
      const still = new EngineCalls(recordedTree(recorded.dumps.get('before')!), KERNEL);
      // A dump has the lines of /proc files in another order.
      const shown = (text: string) => maskLines('text', text.split('\n')).sort();
      for (const { cmd, exit, stdout } of looks(recorded)) {
        const answer = new Shell(still).run(cmd!);
        if ('missing' in answer) continue;
        expect([cmd, answer.exit, shown(answer.stdout)]).toEqual([cmd, exit, shown(stdout!)]);
      }
    },
  );

  it('tells the first program that it has not, and has done nothing then', () => {
    expect(run('cat /proc/iomem; daxctl list')).toEqual({ missing: 'daxctl' });
    expect(run('echo $(numactl -H)')).toEqual({ missing: 'numactl' });
  });

  it('expands variables, substitutions and path names, and keeps quoted ones whole', () => {
    expect(run('for i in $(seq 2 3); do echo "a  $i" b  $i; done')).toEqual({
      exit: 0,
      stdout: 'a  2 b 2\na  3 b 3\n',
    });
    expect(run('echo /sys/bus/da[x]/dri*s "/sys/*"')).toEqual({
      exit: 0,
      stdout: '/sys/bus/dax/drivers /sys/*\n',
    });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's, not ours
    expect(run('X=/a/b/c; echo ${X##*/} $?')).toEqual({ exit: 0, stdout: 'c 0\n' });
  });

  it('fails an echo whose write fails, and goes on', () => {
    expect(run('echo x > /sys/bus/dax/uevent || echo refused; echo $?')).toEqual({
      exit: 0,
      stdout: 'refused\n0\n',
    });
    expect(run('echo x > /sys/nowhere/file')).toEqual({ exit: 1, stdout: '' });
  });

  it('greps with context and inverted', () => {
    expect(run("grep -A1 -E 'Soft Reserved' /proc/modules; echo $?")).toEqual({ exit: 0, stdout: '1\n' });
    expect(run('seq 5 | grep -A1 2 | tail -1; seq 3 | grep -v 2')).toEqual({ exit: 0, stdout: '3\n1\n3\n' });
  });

  it('greps basic and extended patterns, counts, and tells an unreadable file', () => {
    expect(run("seq 12 | grep '1\\(0\\|2\\)'; seq 12 | grep -E '1(0|2)' | tail -n 1")).toMatchObject({
      stdout: '10\n12\n12\n',
    });
    expect(run("echo 'a(b' | grep -c '(b'; echo x1y22 | grep -oE '[[:digit:]]+'")).toMatchObject({
      stdout: '1\n1\n22\n',
    });
    expect(run('echo AB | grep -qi b && echo found; grep x /sys/nowhere; echo $?')).toMatchObject({
      stdout: 'found\n2\n',
    });
  });

  it('shows the head and the tail of a file and of its input', () => {
    const text = 'cat /sys/devices/system/memory/block_size_bytes';
    expect(run('head -n 1 /sys/devices/system/memory/block_size_bytes')).toEqual(run(text));
    expect(run('tail -1 /sys/devices/system/memory/block_size_bytes')).toEqual(run(text));
    expect(
      run('seq 5 | head -n2; seq 5 | tail -n +4; seq 5 | tail -2; head -1 /sys/none || echo $?'),
    ).toEqual({
      exit: 0,
      stdout: '1\n2\n4\n5\n4\n5\n1\n',
    });
  });

  it('lists what it is given in the order of the names', () => {
    expect(run('ls /sys/bus/dax/uevent /proc/iomem')).toEqual({
      exit: 0,
      stdout: '/proc/iomem\n/sys/bus/dax/uevent\n',
    });
  });

  it('writes to standard error what is sent there', () => {
    expect(run('echo seen; echo unseen >&2; cat /sys/none 2>&1')).toEqual({
      exit: 1,
      stdout: "seen\ncat: can't open '/sys/none': No such file or directory\n",
    });
  });

  it.each([
    ['echo x > /sys/bus/dax/uevent; head -3 a b', 'head'],
    ['grep -l x y', 'grep'],
    ["seq 3 | sed -e 's/1/2/'", 'sed'],
    ['ls -R /sys/bus/dax', 'ls'],
    ['echo -e x', 'echo'],
    ['seq 1 2 9', 'seq'],
    ['modprobe -av kmem', 'modprobe'],
    ['cat x | while read a b; do echo $b; done', 'read'],
    ['for i in 1; do cat; done < /proc/iomem', '< /proc/iomem'],
    ['echo $1', 'expansion'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's, not ours
    ['echo "${X%.*}"', 'expansion'],
  ])('does not begin %s', (text, missing) => {
    expect(run(text)).toEqual({ missing });
  });

  it('leaves the tree alone when it only looks', () => {
    const before = takeDump(calls);
    run('for d in /sys/bus/dax/devices/*; do ls -l $d; cat $d/size; done');
    expect(takeDump(calls)).toEqual(before);
  });
});
