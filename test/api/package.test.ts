import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deviceUnavailable } from '../../mount/devfuse/device.ts';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const noMount = deviceUnavailable();

/** A folder of a user: the packed package in its node_modules, beside the packages that it depends on. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daxsim-package-'));
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, 'daxsim'), { recursive: true });
  await mkdir(join(modules, '@types'));
  await execute('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: root });
  const { version, dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const tarball = join(folder, `daxsim-${version}.tgz`);
  await execute('tar', ['-xzf', tarball, '--strip-components=1', '-C', join(modules, 'daxsim')]);
  for (const name of [...Object.keys(dependencies), '@types/node'])
    await symlink(join(root, 'node_modules', name), join(modules, name));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
});

afterAll(() => rm(folder, { recursive: true }));

async function evaluate(script: string): Promise<unknown> {
  const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', script], { cwd: folder });
  return JSON.parse(stdout);
}

describe('the package as npm packs it', () => {
  it('boots a machine with one import', async () => {
    const size = await evaluate(`
      import { bootMachine } from 'daxsim';
      const machine = await bootMachine('hbm');
      console.log(JSON.stringify(machine.list('/sys/bus/dax/devices').length));`);
    expect(size).toBeGreaterThan(0);
  });

  it('has types that a strict program compiles with', async () => {
    await writeFile(
      join(folder, 'program.ts'),
      `import { bootMachine, mountMachine, runOnMachine, SystemError, type MachineSpec, type Uevent } from 'daxsim';
      const spec: MachineSpec = { nodes: [{ cpus: 1, ram: '4GiB' }] };
      const machine = await bootMachine(spec);
      export const events: readonly Uevent[] = machine.events();
      export const status: number = (await runOnMachine(['true'], { machine: spec })).status;
      await using mounted = await mountMachine();
      // @ts-expect-error: a path is text
      mounted.path(1);
      export const isBusy = (error: unknown) => error instanceof SystemError && error.code === 'EBUSY';`,
    );
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const options =
      '--noEmit --strict --target ES2023 --lib ES2023,ESNext.Disposable --module NodeNext --types node';
    await execute(process.execPath, [tsc, ...options.split(' '), 'program.ts'], { cwd: folder }).catch(
      error => {
        throw new Error(error.stdout);
      },
    );
  });

  it.skipIf(noMount)(
    `mounts a machine until it is told to stop${noMount ? ` (${noMount})` : ''}`,
    async () => {
      const seen = await evaluate(`
      import { mountMachine } from 'daxsim';
      import { readFile, access } from 'node:fs/promises';
      const mounted = await mountMachine();
      const size = await readFile(mounted.path('/sys/bus/dax/devices/dax0.0/size'), 'utf8');
      await mounted.unmount();
      const gone = await access(mounted.mountpoint).then(() => false, () => true);
      console.log(JSON.stringify({ size, gone }));`);
      expect(seen).toEqual({ size: '2147483648\n', gone: true });
    },
  );

  it.skipIf(noMount)(`runs a real program on a machine${noMount ? ` (${noMount})` : ''}`, async () => {
    const outcome = await evaluate(`
      import { runOnMachine } from 'daxsim';
      const machine = { nodes: [{ cpus: 1, ram: '4GiB' }, {}], soft_reserved: [{ size: '1GiB', node: 1 }] };
      const script = 'cat /sys/bus/dax/devices/dax0.0/size; read word; echo $word >&2; exit 3';
      console.log(JSON.stringify(await runOnMachine(['sh', '-c', script], { machine, input: 'hello\\n' })));`);
    expect(outcome).toEqual({ status: 3, stdout: `${2 ** 30}\n`, stderr: 'hello\n' });
  });
});
