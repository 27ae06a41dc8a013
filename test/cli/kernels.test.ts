import { release } from 'node:os';
import { describe, expect, it } from 'vitest';
import { engineShell } from '../../src/cli/demo/shells.ts';
import { recordedSeries } from '../../src/kernel/releases/standing.ts';
import { parseMachine } from '../../src/machine/parse-machine.ts';
import { daxsim } from './daxsim.ts';

describe('daxsim kernels', () => {
  it('names every recorded series, and what each brought with its proof', async () => {
    const { stdout } = await daxsim('kernels');
    const recorded = [...stdout.matchAll(/^(\S+) +recorded$/gm)].map(([, name]) => name);
    expect(recorded).toEqual(recordedSeries);
    expect(stdout).toMatch(/^7\.2 .*\n.*fsdev_dax.*\n +proof: recordings of 7\.2/m);
  });
});

describe('--kernel', () => {
  it('boots another kernel than the machine says', async () => {
    const state = 'cat sys/bus/dax/devices/dax0.0/state';
    for (const [kernel, answer] of [
      ['7.3', 'offline\n'],
      ['6.12', 'exit status 1'],
    ])
      expect(await (await engineShell('default', kernel)).run(state)).toContain(answer);
  });

  it('is taken by check and machines as by run', async () => {
    expect((await daxsim('machines', 'pmem', '--kernel', '6.6')).stdout).toContain('kernel: "6.6"\n');
    expect((await daxsim('machines', 'pmem', '--kernel', '6.6')).stdout).not.toContain('6.12');
    const { stderr, status } = await daxsim('mount', '/nowhere', '--kernel', 'newest');
    expect(stderr).toBe(
      'daxsim: default: kernel: expected a version such as 6.12 or 6.12.117, and nothing behind it\n',
    );
    expect(status).toBe(1);
  });
});

describe('kernel: host', () => {
  const machine = 'kernel: host\nnodes: [{ cpus: 1, ram: 1GiB }]\n';

  it('is the release of the running kernel, in numbers', async () => {
    expect(parseMachine(machine, 'lab.yaml', { host: '6.12.41' })).toMatchObject({ kernel: '6.12.41' });
    const { stdout } = await daxsim('machines', 'default', '--kernel', 'host');
    expect(stdout).toContain('kernel: host\n');
    const { stderr } = await daxsim('run', '--kernel', 'host', '--verbose', '--', 'true');
    expect(stderr).toContain(`Linux ${/^[\d.]*\d/.exec(release())![0]} `);
  });

  it('is an error where nobody knows it', () => {
    expect(parseMachine(machine, 'lab.yaml')).toEqual([
      { path: 'kernel', message: 'host: the running kernel is not known', line: 1 },
    ]);
  });
});
