import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { chooseTransport, startMount, type TransportName } from '../../mount/host.ts';
import { presetMachine } from '../../src/machine/presets/index.ts';
import { program, script } from './program.ts';

/** Seconds that the processes work against each other. */
const STRESS_SECONDS = Number(process.env.DAXSIM_STRESS_SECONDS ?? 60);
const CLIENT = fileURLToPath(new URL('./stress-client.sh', import.meta.url));
const ROLES = ['reader', 'scanner', 'binder', 'resizer', 'onliner', 'creator', 'prober', 'reader'];

const RACK = new URL('../../dist/src/api/rack-source.js', import.meta.url).href;

async function unavailable(transport: TransportName): Promise<string | undefined> {
  return chooseTransport(transport).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

for (const [transport, cache] of [
  ['devfuse', false],
  ['devfuse', true],
] as const) {
  const refusal = await unavailable(transport);
  describe.skipIf(refusal !== undefined)(
    `16 processes on one ${cache ? 'cached ' : ''}mount (${refusal ?? transport})`,
    () => {
      it('never hang, see EIO or a torn value, and leave a consistent machine', {
        timeout: STRESS_SECONDS * 1000 + 60_000,
      }, async () => {
        const mountpoint = mkdtempSync(join(tmpdir(), 'daxsim-stress-'));
        const problems: string[] = [];
        const session = await startMount({
          transport,
          mountpoint,
          cache,
          name: 'daxsim',
          fileSystem: { module: RACK, data: [{ description: presetMachine('qemu-6.12') }] },
          onLog: ({ level, message }) => level === 'error' && problems.push(message),
        });
        try {
          const clients = Array.from({ length: 16 }, (_, i) =>
            program(
              'bash',
              [CLIENT, mountpoint, ROLES[i % ROLES.length]!, String(STRESS_SECONDS), String(i)],
              STRESS_SECONDS * 1000 + 30_000,
            ),
          );
          for (const { status, stdout } of await Promise.all(clients)) {
            expect(status).toBe(0);
            expect(stdout).toMatch(/^steps [1-9]\d*\n$/);
          }
          expect(problems).toEqual([]);
          expect(await script(ACCOUNT, mountpoint)).toEqual([]);
        } finally {
          await session.unmount();
          rmSync(mountpoint, { recursive: true });
        }
      });
    },
  );
}

/** What does not add up on a mount: sizes and available size, driver links, states. */
const ACCOUNT = `
  result = [];
  const read = path => fs.readFileSync(path, 'utf8').trim();
  const platform = 'sys/devices/platform';
  for (const parent of fs.readdirSync(platform).filter(name => /^hmem\\./.test(name))) {
    const region = platform + '/' + parent;
    const devices = fs.readdirSync(region).filter(name => /^dax\\d/.test(name));
    const used = devices.reduce((sum, name) => sum + Number(read(region + '/' + name + '/size')), 0);
    const available = Number(read(region + '/dax_region/available_size'));
    if (used + available !== Number(read(region + '/dax_region/size'))) result.push(region + ' does not add up');
    for (const name of devices) {
      const mappings = fs.readdirSync(region + '/' + name).filter(entry => /^mapping\\d/.test(entry));
      const size = mappings.reduce((sum, mapping) => {
        const at = region + '/' + name + '/' + mapping;
        return sum + Number(read(at + '/end')) - Number(read(at + '/start')) + 1;
      }, 0);
      if (size !== Number(read(region + '/' + name + '/size'))) result.push(name + ' is not its mappings');
    }
  }
  for (const driver of ['device_dax', 'kmem'])
    for (const name of fs.readdirSync('sys/bus/dax/drivers/' + driver).filter(entry => /^dax/.test(entry)))
      if (!fs.readlinkSync('sys/bus/dax/devices/' + name + '/driver').endsWith('/' + driver)) result.push(name);
  const memory = 'sys/devices/system/memory/';
  for (const block of fs.readdirSync(memory).filter(name => /^memory\\d/.test(name)))
    if ((read(memory + block + '/state') === 'online') !== (read(memory + block + '/online') === '1')) result.push(block);
`;
