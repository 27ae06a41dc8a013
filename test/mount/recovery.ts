import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { TransportName } from '../../mount/host.ts';
import { mountAt, unmountPath } from '../../mount/mountpoint.ts';
import { MountError, type Session } from '../../mount/transport.ts';
import { untestable } from './behaviour.ts';
import { builtModule } from './fixture-source.ts';
import { mountFixture } from './mount-fixture.ts';
import { bash } from './program.ts';

/** What a transport leaves behind, and what it does with what others left. */
export async function describeRecovery(transport: TransportName) {
  const refusal = await untestable(transport);
  if (refusal !== undefined) {
    it.skip(`${transport}: ${refusal}`);
    return;
  }

  describe(`${transport} mounts that begin and end`, () => {
    const base = mkdtempSync(join(tmpdir(), 'daxsim-recovery-'));
    afterAll(() => rmSync(base, { recursive: true }));

    const serve = (mountpoint: string): Promise<Session> => mountFixture({ transport, mountpoint });

    const daemon = async (mountpoint: string, env = process.env): Promise<ChildProcess> => {
      const args = [fileURLToPath(builtModule('serve-fixture')), transport, mountpoint];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
      await once(child.stdout!, 'data');
      return child;
    };

    const killed = async (child: ChildProcess): Promise<void> => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    };

    it('makes a missing mountpoint and leaves it empty', async () => {
      const mountpoint = join(base, 'new', 'deep');
      const session = await serve(mountpoint);
      expect((await bash('cat bus/gadget0/value', mountpoint)).stdout).toBe('0\n');
      await session.unmount();
      expect(await mountAt(mountpoint)).toBeUndefined();
    });

    it('refuses a file, a full directory and a busy mountpoint with the reason', async () => {
      writeFileSync(join(base, 'file'), '');
      mkdirSync(join(base, 'full', 'child'), { recursive: true });
      await expect(serve(join(base, 'file'))).rejects.toThrow(/is not a directory$/);
      await expect(serve(join(base, 'full'))).rejects.toThrow(/is not empty$/);
      const busy = join(base, 'busy');
      const session = await serve(busy);
      await expect(serve(busy)).rejects.toThrow(MountError);
      await session.unmount();
    });

    it('ends when somebody else unmounts it', async () => {
      const mountpoint = join(base, 'foreign');
      const session = await serve(mountpoint);
      await unmountPath(mountpoint);
      await expect(session.ended).resolves.toBeUndefined();
    });

    it('unmounts although a program sits in it', async () => {
      const mountpoint = join(base, 'sat-in');
      const session = await serve(mountpoint);
      const sitter = spawn('bash', ['-c', `cd ${mountpoint}/bus && echo seated && exec sleep 30`], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      await once(sitter.stdout, 'data');
      await session.unmount();
      expect(await mountAt(mountpoint)).toBeUndefined();
      await killed(sitter);
    });

    it('ends although another mount name space has a copy of the mount', async () => {
      const mountpoint = join(base, 'copied');
      const session = await serve(mountpoint);
      const holder = spawn('unshare', ['-m', 'sh', '-c', 'echo copied; read -r end'], {
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      await once(holder.stdout, 'data');
      await session.unmount();
      expect(await mountAt(mountpoint)).toBeUndefined();
      holder.stdin.end();
      await once(holder, 'exit');
    });

    it('takes the mount of a killed daemon away', async () => {
      const mountpoint = join(base, 'killed');
      await killed(await daemon(mountpoint));
      await expect.poll(() => mountAt(mountpoint)).toBeUndefined();
    });

    it('serves again where a daemon was killed a moment ago', async () => {
      const mountpoint = join(base, 'again');
      for (let i = 0; i < 3; i++) await killed(await daemon(mountpoint));
      const session = await serve(mountpoint);
      expect((await bash('cat bus/gadget0/value', mountpoint)).stdout).toBe('0\n');
      await session.unmount();
    });

    it('keeps its mount although the one before is taken away slowly', async () => {
      const mountpoint = join(base, 'slowly');
      const slow = join(base, 'slow');
      mkdirSync(slow);
      const umount = `#!/bin/sh\nsleep 0.3\nPATH=\${PATH#*:} exec umount "$@"\n`;
      writeFileSync(join(slow, 'umount'), umount, { mode: 0o755 });
      await killed(await daemon(mountpoint, { ...process.env, PATH: `${slow}:${process.env.PATH}` }));
      const session = await serve(mountpoint);
      await delay(600);
      expect((await bash('cat bus/gadget0/value', mountpoint)).stdout).toBe('0\n');
      await session.unmount();
    });
  });
}
