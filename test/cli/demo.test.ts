import { describe, expect, it } from 'vitest';
import { fuseNative } from '../../mount/fuse-native/transport.ts';
import { chapters } from '../../src/cli/demo/chapters.ts';
import { engineShell } from '../../src/cli/demo/shells.ts';
import { program } from '../mount/program.ts';
import { daxsim } from './daxsim.ts';

describe('demo', () => {
  it('shows every command of the main job, and none of them misses a file', async () => {
    const { status, stdout } = await daxsim('demo');
    expect(status).toBe(0);
    for (const { run } of chapters[0]!.steps) expect(stdout).toContain(`$ ${run}\n`);
    expect(stdout).toContain('280000000-2ffffffff : System RAM (kmem)');
    expect(stdout).toContain('cannot be hotremoved until the next reboot');
    expect(stdout).not.toContain('No such file');
  });

  it.skipIf(fuseNative.unavailable())(
    'runs its commands also where the mount is served by its own thread',
    async () => {
      const shells = new URL('../../dist/src/cli/demo/shells.js', import.meta.url);
      const code = `
      const { mountedShell } = await import(process.argv[1]);
      const shell = await mountedShell('default', undefined, 'fuse-native');
      process.stdout.write(await shell.run('cat sys/bus/dax/devices/dax0.0/size; cat nothing'));
      await shell.close();
      process.exit();`;
      const args = ['--input-type=module', '--eval', code, shells.href];
      const { stdout } = await program(process.execPath, args, 10_000);
      expect(stdout).toBe('2147483648\ncat: nothing: No such file or directory\n');
    },
  );

  it('shows the same on the engine where no mount is possible', async () => {
    for (const { machine, steps } of chapters) {
      const shell = await engineShell(machine);
      const shown = await Promise.all(steps.map(({ run }) => shell.run(run)));
      expect(shown.filter(text => text.includes('not in the engine'))).toEqual([]);
      if (machine === chapters[0]!.machine && steps === chapters[0]!.steps) {
        expect(shown.join('')).toContain('280000000-2ffffffff : System RAM (kmem)');
        expect(shown.join('')).toContain('Node 2 MemTotal:         131072 kB');
      }
    }
  });
});
