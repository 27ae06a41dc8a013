import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { describeClients, inMachine } from './sandbox.ts';

const directory = mkdtempSync(join(tmpdir(), 'daxsim-ndctl-'));
afterAll(() => rmSync(directory, { recursive: true }));

function machine(name: string, text: string): string[] {
  const file = join(directory, `${name}.yaml`);
  writeFileSync(file, `dev_nodes: file\nnodes: [{ cpus: 2, ram: 4GiB }, {}]\n${text}`);
  return ['--machine', file];
}

const SCRUBBED = machine(
  'scrubbed',
  `pmem: [{ size: 1GiB, node: 1, labels: 128KiB }]
nvdimm: { address_range_scrub: true }
`,
);

describeClients(['ndctl'], () => {
  it('waits for a scrub, which ends by itself and finds what is bad', async () => {
    const { status, stdout } = await inMachine(
      `echo 'add 0x180100000 4096 latent' > /sys/kernel/debug/daxsim/poison
       ndctl start-scrub > /dev/null && ndctl wait-scrub | grep scrub_state && cat /sys/bus/nd/devices/region0/badblocks`,
      ...SCRUBBED,
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: '    "scrub_state":"idle"\n2048 8\n' });
  });

  it('makes a devdax namespace of a fresh DIMM whose labels are initialized', async () => {
    const { status, stdout } = await inMachine(
      'ndctl create-namespace -m devdax',
      ...machine('labels', 'pmem: [{ size: 1GiB, node: 1, labels: 128KiB, labels_initialized: true }]\n'),
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ dev: 'namespace0.0', mode: 'devdax' });
  });

  it('makes one on the preset pmem', async () => {
    const { status, stdout } = await inMachine('ndctl create-namespace -m devdax', '--machine', 'pmem');
    expect({ status, mode: JSON.parse(stdout).mode }).toEqual({ status: 0, mode: 'devdax' });
  });

  it.each([
    ['clear-errors namespace0.0', /needs an ioctl.*in its place: echo 'clear START LENGTH' > /],
    ['init-labels -f all', /needs an ioctl.*labels_initialized: true in the machine file/],
    [
      'create-namespace -f -e namespace0.0 -m devdax',
      /failed to initialize labels[\s\S]*labels_initialized: true/,
    ],
  ])('says loudly that %s cannot work, and what to do instead', async (command, message) => {
    const { status, stderr } = await inMachine(`ndctl ${command}`, ...SCRUBBED);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(message);
  });
});
