import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { devfuse } from '../../../mount/devfuse/transport.ts';
import { mountAt } from '../../../mount/mountpoint.ts';
import { describeRecovery } from '../recovery.ts';

await describeRecovery('devfuse');

it.skipIf(devfuse.unavailable())('a mount ends with an error when its serving thread does', async () => {
  const mountpoint = mkdtempSync(join(tmpdir(), 'daxsim-recovery-'));
  const dies = 'export const createFileSystem = () => ({ get root() { process.exit(3) } })';
  const session = await devfuse.serve({
    mountpoint,
    fileSystem: { module: `data:text/javascript,${dies}`, data: undefined },
    cache: false,
    name: 'daxsim-test',
    onLog: () => {},
  });
  await expect(session.ended).rejects.toThrow('the serving thread ended before the mount');
  expect(await mountAt(mountpoint)).toBeUndefined();
  rmdirSync(mountpoint);
});
