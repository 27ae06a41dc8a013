import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chooseTransport } from '../../mount/host.ts';
import { bash } from '../mount/program.ts';
import { daxsim, MAIN, mountInForeground, mountsBelow, withDirectory } from './daxsim.ts';

const refusal = await chooseTransport('devfuse').then(
  () => undefined,
  (error: Error) => error.message,
);

if (refusal !== undefined) it.skip(`mounting: ${refusal}`, () => {});

describe.runIf(refusal === undefined)('mount', () => {
  it('makes the mountpoint, says when it answers, and takes both away on SIGTERM', () =>
    withDirectory(async directory => {
      const place = join(directory, 'deep', 'mnt');
      const daemon = await mountInForeground(place);
      expect(daemon.announcement).toBe(`mounted default at ${place} (devfuse)`);
      expect((await bash('cat sys/bus/dax/devices/dax0.0/size', place)).stdout).toBe('2147483648\n');
      daemon.process.kill('SIGTERM');
      expect(await daemon.ended).toBe(0);
      expect(await mountsBelow(directory)).toEqual([]);
      expect(await readdir(join(directory, 'deep'))).toEqual([]);
    }));

  it.each(['SIGINT', 'SIGHUP'] as const)('unmounts on %s, also while a program is in there', signal =>
    withDirectory(async directory => {
      const place = join(directory, 'mnt');
      await mkdir(place);
      const daemon = await mountInForeground(place);
      const inside = bash('read -t 5 < <(cat sys/kernel/debug/daxsim/log; sleep 1); true', place);
      daemon.process.kill(signal);
      expect(await daemon.ended).toBe(0);
      await inside;
      expect(await mountsBelow(directory)).toEqual([]);
      expect(await readdir(directory)).toEqual(['mnt']);
    }),
  );

  it('is ended by a second signal when the first could not: the serving thread spins', () =>
    withDirectory(async directory => {
      const place = join(directory, 'mnt');
      const machine = join(directory, 'spinning.yaml');
      const spin = [1, 2, 3, 4].reduce(body => `while true; do ${body}; done`, 'true');
      await writeFile(machine, `nodes: [{ cpus: 1, ram: 1GiB }]\nbefore: ['${spin}']\n`);
      const daemon = spawn(process.execPath, [MAIN, 'mount', place, '--machine', machine]);
      onTestFinished(() => void daemon.kill('SIGKILL'));
      const ended = once(daemon, 'exit');
      await expect.poll(() => mountsBelow(directory), { timeout: 10_000 }).toEqual([place]);
      daemon.kill('SIGINT');
      daemon.kill('SIGTERM');
      await delay(1500);
      expect(daemon.exitCode ?? daemon.signalCode).toBeNull();
      daemon.kill('SIGTERM');
      expect(await ended).toEqual([null, 'SIGTERM']);
      expect(await mountsBelow(directory)).toEqual([]);
    }));

  it('mounts again where a daemon was killed', () =>
    withDirectory(async directory => {
      const place = join(directory, 'mnt');
      const first = await mountInForeground(place);
      first.process.kill('SIGKILL');
      expect(await first.ended).toBe('SIGKILL');
      const second = await mountInForeground(place);
      expect((await bash('ls', place)).stdout).toBe('dev\nproc\nsys\n');
      second.process.kill('SIGTERM');
      expect(await second.ended).toBe(0);
    }));

  it('refuses a mountpoint that is busy', () =>
    withDirectory(async directory => {
      const place = join(directory, 'mnt');
      const daemon = await mountInForeground(place);
      const { status, stderr } = await daxsim('mount', place);
      expect(status).toBe(1);
      expect(stderr).toBe(`daxsim: ${place} is busy: something is mounted on it\n`);
      expect((await bash('ls', place)).stdout).toBe('dev\nproc\nsys\n');
      daemon.process.kill('SIGTERM');
      await daemon.ended;
    }));

  it('lets one of two have a mountpoint that both wanted at the same moment', () =>
    withDirectory(async directory => {
      const place = join(directory, 'mnt');
      await mkdir(place);
      const outcomes = await Promise.all([1, 2].map(() => daxsim('mount', place, '--detach')));
      expect(outcomes.map(({ status }) => status).sort()).toEqual([0, 1]);
      expect(outcomes.map(({ stderr }) => stderr).join('')).toMatch(/ is (busy: .*|not empty)\n$/);
      expect(await mountsBelow(directory)).toEqual([place]);
      expect((await bash('ls', place)).stdout).toBe('dev\nproc\nsys\n');
      expect((await daxsim('unmount', place)).status).toBe(0);
      expect(await mountsBelow(directory)).toEqual([]);
    }));

  it('refuses a mountpoint that is not empty, or no directory, and leaves it as it was', () =>
    withDirectory(async directory => {
      const file = join(directory, 'file');
      await writeFile(file, 'mine');
      expect(await daxsim('mount', directory)).toEqual({
        status: 1,
        stdout: '',
        stderr: `daxsim: ${directory} is not empty\n`,
      });
      expect(await daxsim('mount', file)).toEqual({
        status: 1,
        stdout: '',
        stderr: `daxsim: ${file} is not a directory\n`,
      });
      expect(await readFile(file, 'utf8')).toBe('mine');
    }));

  it('refuses at once a mountpoint that cannot be made', async () => {
    for (const place of ['/proc/daxsim', '/proc/daxsim/deep']) {
      expect(await daxsim('mount', place)).toEqual({
        status: 1,
        stdout: '',
        stderr: `daxsim: ${place} cannot be made (ENOENT)\n`,
      });
    }
  });

  it('serves several machines as subdirectories, numbered where they have one name', () =>
    withDirectory(async directory => {
      const place = join(directory, 'farm');
      const args = ['default', 'hbm', 'default'].flatMap(name => ['--machine', name]);
      const daemon = await mountInForeground(place, ...args);
      expect(daemon.announcement).toBe(`mounted default, hbm, default-2 at ${place} (devfuse)`);
      await bash('echo dax0.0 > default/sys/bus/dax/drivers/kmem/unbind', place);
      const bound =
        'for m in default default-2; do test -e $m/sys/bus/dax/devices/dax0.0/driver; echo $?; done';
      expect((await bash(bound, place)).stdout).toBe('1\n0\n');
      daemon.process.kill('SIGTERM');
      expect(await daemon.ended).toBe(0);
    }));

  it('logs structured lines to stderr, and nothing when told to be silent', () =>
    withDirectory(async directory => {
      for (const [level, expected] of [
        ['info', ['mounted', 'unmounted']],
        ['silent', []],
      ] as const) {
        const daemon = await mountInForeground(join(directory, 'mnt'), '--log-level', level);
        let stderr = '';
        daemon.process.stderr!.on('data', text => {
          stderr += text;
        });
        daemon.process.kill('SIGTERM');
        await daemon.ended;
        const lines = stderr.split('\n').filter(line => line !== '');
        const messages = lines.map(line => JSON.parse(line).msg as string);
        expect(messages.filter(message => expected.includes(message as never))).toEqual(messages);
        expect(messages.includes('unmounted')).toBe(level === 'info');
      }
    }));
});

describe.runIf(refusal === undefined)('a machine whose modules and commands fail at boot', () => {
  const complaints = [
    'fails at boot: modprobe kmen (ENOENT: did you mean kmem?)',
    'fails at boot: echo 1 > /sys/nothing (ENOENT)',
  ];
  const machineIn = async (directory: string): Promise<string> => {
    const file = join(directory, 'typo.yaml');
    await writeFile(
      file,
      'nodes: [{ cpus: 1, ram: 1GiB }]\nmodules: [kmem, kmen]\nbefore: [echo 1 > /sys/nothing]\n',
    );
    return file;
  };

  it('is mounted all the same, with a warning in the log for each', () =>
    withDirectory(async directory => {
      const daemon = await mountInForeground(
        join(directory, 'mnt'),
        '--log-level',
        'warn',
        '--machine',
        await machineIn(directory),
      );
      daemon.process.kill('SIGTERM');
      expect(await daemon.ended).toBe(0);
      const lines = daemon.stderr().trimEnd().split('\n');
      expect(lines.map(line => JSON.parse(line))).toMatchObject(
        complaints.map(msg => ({ level: 40, machine: 'typo', msg })),
      );
    }));

  it('is mounted by --detach, which tells what a log would hold', () =>
    withDirectory(async directory => {
      const place = join(directory, 'mnt');
      const machine = await machineIn(directory);
      const loud = await daxsim('mount', place, '--detach', '--machine', machine);
      expect(loud).toMatchObject({
        status: 0,
        stderr: complaints.map(line => `daxsim: ${line}\n`).join(''),
      });
      await daxsim('unmount', place);
      const quiet = ['--detach', '--log-level', 'error', '--machine', machine];
      expect(await daxsim('mount', place, ...quiet)).toMatchObject({ status: 0, stderr: '' });
      await daxsim('unmount', place);
    }));

  it('runs a command all the same, after a line for each', () =>
    withDirectory(async directory => {
      const args = ['--machine', await machineIn(directory), '--', 'sh', '-c', 'exit 7'];
      expect(await daxsim('run', ...args)).toEqual({
        status: 7,
        stdout: '',
        stderr: complaints.map(line => `daxsim: ${line}\n`).join(''),
      });
    }));
});

describe.runIf(refusal === undefined)('mount --detach and unmount', () => {
  it('return when the mount answers, and when it is gone', () =>
    withDirectory(async directory => {
      const place = join(directory, 'mnt');
      const { status, stdout } = await daxsim('mount', place, '--detach');
      expect(status).toBe(0);
      const pid = Number(/, pid (\d+)\n$/.exec(stdout)?.[1]);
      expect(stdout).toBe(`mounted default at ${place} (devfuse), pid ${pid}\n`);
      expect((await bash('ls', place)).stdout).toBe('dev\nproc\nsys\n');
      const link = join(directory, 'link');
      await symlink(place, link);
      expect(await daxsim('unmount', link)).toEqual({ status: 0, stdout: '', stderr: '' });
      expect(await readdir(directory)).toEqual(['link']);
      expect(isAlive(pid)).toBe(false);
    }));

  it('say why the daemon could not mount', () =>
    withDirectory(async directory => {
      await writeFile(join(directory, 'file'), '');
      expect(await daxsim('mount', directory, '--detach')).toEqual({
        status: 1,
        stdout: '',
        stderr: `daxsim: ${directory} is not empty\n`,
      });
    }));

  it('unmount takes only what daxsim mounted', async () => {
    expect(await daxsim('unmount', '/proc')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'daxsim: /proc is a mount of type proc, not one of daxsim\n',
    });
    await withDirectory(async directory => {
      expect(await daxsim('unmount', directory)).toEqual({
        status: 1,
        stdout: '',
        stderr: `daxsim: ${directory} is not a mount\n`,
      });
    });
  });
});

/** A zombie is dead, though init takes its time to notice. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
