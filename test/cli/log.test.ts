import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chooseTransport } from '../../mount/host.ts';
import { LossyOutput } from '../../src/cli/lossy-output.ts';
import { bash } from '../mount/program.ts';
import { MAIN, mountsBelow, withDirectory } from './daxsim.ts';

const refusal = await chooseTransport('devfuse').then(
  () => undefined,
  (error: Error) => error.message,
);

/** A descriptor of a pipe with room for nothing, and one to read it. */
async function fullPipe(directory: string): Promise<{ readonly writer: number; readonly reader: number }> {
  const path = join(directory, 'pipe');
  await bash(`mkfifo ${path}`, directory);
  const reader = openSync(path, constants.O_RDWR);
  const writer = openSync(path, constants.O_WRONLY);
  onTestFinished(() => {
    closeSync(reader);
    closeSync(writer);
  });
  const output = new LossyOutput(writer);
  while (output.write('x'.repeat(4096)));
  return { writer, reader };
}

describe('a log line that cannot be written', () => {
  it.each(['/dev/full', 'a full pipe'])('is dropped and counted: %s', place =>
    withDirectory(async directory => {
      const fd = place === '/dev/full' ? openSync(place, 'w') : (await fullPipe(directory)).writer;
      const output = new LossyOutput(fd);
      expect([output.write('one\n'), output.write('two\n'), output.dropped]).toEqual([false, false, 2]);
    }),
  );

  it('makes way for the next when the pipe is read again', () =>
    withDirectory(async directory => {
      const { writer, reader } = await fullPipe(directory);
      const output = new LossyOutput(writer);
      expect(output.write('lost\n')).toBe(false);
      const buffer = Buffer.alloc(1 << 20);
      readSync(reader, buffer);
      expect([output.write('kept\n'), output.dropped]).toEqual([true, 1]);
      expect(buffer.toString('utf8', 0, readSync(reader, buffer))).toBe('kept\n');
    }));
});

if (refusal !== undefined) it.skip(`mounting: ${refusal}`, () => {});

describe.runIf(refusal === undefined)('the daemon', () => {
  async function served(
    directory: string,
    stdio: ('ignore' | number)[],
    node: string[] = [],
    level = 'debug',
  ) {
    const place = join(directory, 'mnt');
    const args = [...node, MAIN, 'mount', place, '--log-level', level];
    const daemon = spawn(process.execPath, args, { stdio });
    onTestFinished(() => void daemon.kill('SIGKILL'));
    const ended = once(daemon, 'exit').then(([status, signal]) => status ?? signal);
    await expect.poll(() => mountsBelow(directory), { timeout: 20_000 }).toEqual([place]);
    await expect.poll(async () => (await bash('ls', place)).stdout, { timeout: 20_000 }).toMatch(/sys/);
    return { place, daemon: daemon as ChildProcess, ended };
  }

  it.each(['/dev/full', 'a full pipe'])('serves and ends on SIGTERM with both outputs in %s', output =>
    withDirectory(async directory => {
      const fd = output === '/dev/full' ? openSync(output, 'w') : (await fullPipe(directory)).writer;
      const { place, daemon, ended } = await served(directory, ['ignore', fd, fd]);
      expect((await bash('cat nonesuch; cat sys/bus/dax/devices/dax0.0/size', place)).stdout).toBe(
        '2147483648\n',
      );
      daemon.kill('SIGTERM');
      expect(await ended).toBe(0);
      expect(await mountsBelow(directory)).toEqual([]);
    }),
  );

  it('unmounts and says why after an exception that nobody caught', () =>
    withDirectory(async directory => {
      const log = join(directory, 'log');
      const fd = openSync(log, 'w');
      const bug = 'data:text/javascript,process.on("SIGPWR",()=>{throw new Error("injected")})';
      const { daemon, ended } = await served(directory, ['ignore', 'ignore', fd], ['--import', bug]);
      daemon.kill('SIGPWR');
      expect(await ended).toBe(1);
      expect(await mountsBelow(directory)).toEqual([]);
      expect(await readFile(log, 'utf8')).toMatch(
        /a bug, which ends this daemon and its mount: Error: injected/,
      );
    }));

  it('tells each refusal with machine, mount, client, path, bytes and errno from SIGUSR2 on', () =>
    withDirectory(async directory => {
      const log = join(directory, 'log');
      const stdio = ['ignore', 'ignore', openSync(log, 'w')] as const;
      const { place, daemon, ended } = await served(directory, [...stdio], [], 'info');
      const refused = async () =>
        (await readFile(log, 'utf8'))
          .trim()
          .split('\n')
          .map(line => JSON.parse(line))
          .filter(({ msg, operation }) => msg === 'refused' && operation !== 'GETXATTR');
      await bash('echo 4 > sys/bus/dax/devices/dax0.0/size', place);
      daemon.kill('SIGUSR2');
      await delay(100);
      await bash('echo 5 > sys/bus/dax/devices/dax0.0/size', place);
      await expect.poll(refused, { timeout: 10_000 }).toEqual([
        expect.objectContaining({
          machine: 'default',
          mount: place,
          client: { pid: expect.any(Number), comm: 'bash', uid: process.getuid?.() },
          operation: 'WRITE',
          path: '/sys/devices/platform/hmem.0/dax0.0/size',
          bytes: 2,
          errno: 'EINVAL',
          reason: 'size 5 is no multiple of 2 MiB (align)',
        }),
      ]);
      daemon.kill('SIGTERM');
      expect(await ended).toBe(0);
    }));

  it('keeps why it refused in a file that tail follows', () =>
    withDirectory(async directory => {
      const { place, daemon, ended } = await served(directory, ['ignore', 'ignore', 'ignore']);
      const { stdout } = await bash(
        `timeout 20 tail -n +1 -f sys/kernel/debug/daxsim/refusals | head -n 1 & sleep 1
        echo 1000 > sys/bus/dax/devices/dax0.0/size; wait`,
        place,
      );
      expect(JSON.parse(stdout)).toMatchObject({
        comm: 'bash',
        uid: process.getuid?.(),
        path: '/sys/devices/platform/hmem.0/dax0.0/size',
        written: '1000\n',
        errno: 'EINVAL',
        reason: 'size 1000 is no multiple of 2 MiB (align)',
      });
      daemon.kill('SIGTERM');
      expect(await ended).toBe(0);
    }));

  it('is not started with fewer open files than it needs, which left a stale mount', () =>
    withDirectory(async directory => {
      const { stderr } = await bash(`ulimit -n 40; ${process.execPath} ${MAIN} mount mnt; true`, directory);
      expect(stderr).toBe(
        'daxsim: only 40 open files are allowed, and a mount needs 64: raise it with "ulimit -n 1024"\n',
      );
      expect(await mountsBelow(directory)).toEqual([]);
    }));

  it.runIf(process.getuid?.() === 0)(
    'keeps names that are not UTF-8 apart, and hides addresses from a root without CAP_SYS_ADMIN',
    () =>
      withDirectory(async directory => {
        const { place, daemon, ended } = await served(directory, ['ignore', 'ignore', 'ignore']);
        const { stdout } = await bash(
          `cd dev/shm; echo 1 > $'\\xff'; echo 2 > $'\\xfe'; cat $'\\xff' $'\\xfe'; ls | od -An -tx1
        head -n 1 ../../proc/iomem; setpriv --bounding-set -sys_admin --inh-caps -sys_admin head -n 1 ../../proc/iomem`,
          place,
        );
        expect(stdout).toBe(
          '1\n2\n fe 0a ff 0a\n00000000-00000fff : Reserved\n00000000-00000000 : Reserved\n',
        );
        daemon.kill('SIGTERM');
        expect(await ended).toBe(0);
      }),
  );
});
