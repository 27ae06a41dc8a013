import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { chooseTransport, TRANSPORT_NAMES, type TransportName } from '../../mount/host.ts';
import { MAIN, mountsBelow, withDirectory } from '../cli/daxsim.ts';

const GOLDEN = fileURLToPath(new URL('../golden/', import.meta.url));
const TIMEOUT_MS = 120_000;

const refusals = new Map<TransportName, string>();
for (const name of TRANSPORT_NAMES) {
  await chooseTransport(name).catch((error: Error) => refusals.set(name, error.message));
}

const modes = [
  ...TRANSPORT_NAMES.map(transport => ({ transport, options: [], names: ['6.12-x-modref-a'] })),
  {
    transport: 'devfuse' as const,
    options: ['--cache'],
    names: ['6.12-03-vfs-semantics', '6.12-07a-memmap-on-memory-Y', '6.12-x-misc-e'],
  },
];

describe.each(modes)('through $transport $options', ({ transport, options, names }) => {
  it.for(names)(
    'every step of %s matches, done by processes on a mount',
    { timeout: TIMEOUT_MS },
    (name, { skip }) => {
      skip(refusals.has(transport), refusals.get(transport) ?? '');
      skip(process.getuid!() !== 0, 'a recording has steps of several users: needs root');
      const args = [MAIN, 'replay', GOLDEN + name, '--through', transport, ...options, '--json'];
      const { stdout, stderr, status } = spawnSync(process.execPath, args, {
        encoding: 'utf8',
        timeout: TIMEOUT_MS,
      });
      expect(stderr).toBe('');
      const [report] = (JSON.parse(stdout) as { scenarios: { mismatches: unknown[]; total: number }[] })
        .scenarios;
      expect(report!.mismatches).toEqual([]);
      expect(report!.total).toBeGreaterThan(10);
      expect(status).toBe(0);
    },
  );
});

describe('an interrupted replay', () => {
  it.for(['SIGINT', 'SIGTERM'] as const)('leaves nothing behind at %s', async (signal, { skip }) => {
    skip(refusals.has('devfuse'), refusals.get('devfuse') ?? '');
    await withDirectory(async directory => {
      const recordings = ['6.12-05-kmem-blocks', '6.12-fuzz-a-1', '6.12-fuzz-bo-1'].map(
        name => GOLDEN + name,
      );
      const args = [MAIN, 'replay', '--through', 'devfuse', '--jobs', '2', ...recordings];
      const replay = spawn(process.execPath, args, {
        env: { ...process.env, TMPDIR: directory },
        stdio: 'pipe',
      });
      const exit = once(replay, 'exit');
      let said = '';
      for (const stream of [replay.stdout, replay.stderr]) stream.on('data', text => (said += text));
      await expect.poll(() => mountsBelow(directory)).toHaveLength(2);
      replay.kill(signal);
      expect(await exit).toEqual([130, null]);
      expect({ said, mounts: await mountsBelow(directory), files: await readdir(directory) }).toEqual({
        said: '',
        mounts: [],
        files: [],
      });
    });
  });
});
