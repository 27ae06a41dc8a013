import { describe, expect, it } from 'vitest';
import { chapters } from '../../src/cli/demo/chapters.ts';
import { engineShell } from '../../src/cli/demo/shells.ts';
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
