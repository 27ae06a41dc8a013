import { existsSync, mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { presetMachine } from '../../src/machine/presets/index.ts';
import { bootServedEngine, mayServe } from '../../src/replay/mounted/served-system.ts';
import type { System } from '../../src/replay/system.ts';

const reason = (await mayServe())
  ? undefined
  : 'the programs of a recording need a mount, which is not permitted here';

describe.skipIf(reason)(reason ?? 'the commands of a recording that somebody else wrote', () => {
  let system: System;
  const sh = async (command: string, uid = 0): Promise<string> =>
    ((await system.shell(`(${command}) 2>&1; true`, uid)) as { stdout: string }).stdout;

  beforeAll(async () => {
    system = await bootServedEngine(presetMachine('default')!);
  }, 30_000);
  afterAll(() => system.stop());

  it('are root over the machine, with programs, and another user where the recording has one', async () => {
    expect(await sh('exec id -u; daxctl')).toBe('0\n');
    expect(await sh('env -i id -u', 1000)).toBe('1000\n');
    expect(
      await sh('env cat /sys/bus/dax/devices/dax0.0/size; env lsmod | head -n 2 | cut -d " " -f 1'),
    ).toMatch(/^2147483648\nModule\n\w+\n$/);
  });

  it('write nothing that is there afterwards, not even where they take away what seals them', async () => {
    const place = mkdtempSync(join(tmpdir(), 'daxsim-test-'));
    const written = [place, '/root', '/var', '/run', '/dev/shm', '/sys/fs/cgroup', process.cwd()].map(
      directory => join(directory, 'daxsim-test-file'),
    );
    const tried = await sh(`umount -l /tmp; mount -o remount,rw,bind /; env touch ${written.join(' ')}
      env rm -rf ${place}; hostname daxsim-test; env true`);
    expect(tried).toContain('Read-only file system');
    expect(written.filter(existsSync)).toEqual([]);
    expect(hostname()).not.toBe('daxsim-test');
    rmdirSync(place);
  });

  it('see no process and no network of the host', async () => {
    const processes = await sh('cd /proc; env echo [0-9]* | wc -w');
    expect(Number(processes)).toBeLessThan(12);
    expect(await sh('env cat /proc/net/dev | tail -n +3 | cut -d : -f 1')).toBe('    lo\n');
  });

  it('leave no directory behind', async () => {
    const before = readdirSync(tmpdir()).filter(name => name.startsWith('daxsim-shell-')).length;
    const other = await bootServedEngine(presetMachine('default')!);
    await other.shell('env true', 0);
    await other.stop();
    expect(readdirSync(tmpdir()).filter(name => name.startsWith('daxsim-shell-'))).toHaveLength(before);
  });
});
