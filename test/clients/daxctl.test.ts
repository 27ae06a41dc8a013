import { expect, it } from 'vitest';
import { besideTests, describeClients, inMachine, stdoutOf } from './sandbox.ts';

const GiB = 2 ** 30;
const MiB = 2 ** 20;
const HBM = 'dax0.0';
const MEMORY = '/sys/devices/system/memory';

/** Puts the device into devdax mode, whatever it was in. */
const AS_DEVDAX = `daxctl reconfigure-device -f -m devdax ${HBM} >/dev/null 2>&1;`;

async function list(before: string, options: string): Promise<never> {
  return JSON.parse(await stdoutOf(`${before} daxctl list ${options}`)) as never;
}

describeClients(['daxctl'], () => {
  it('lists regions, devices and mappings together', async () => {
    expect(await list('', '-RDM -r 0')).toEqual([
      {
        path: '/platform/hmem.0',
        id: 0,
        size: 2 * GiB,
        align: 2 * MiB,
        devices: [
          {
            chardev: HBM,
            size: 2 * GiB,
            target_node: 2,
            align: 2 * MiB,
            mode: 'system-ram',
            online_memblocks: 0,
            total_memblocks: 16,
            mappings: [{ page_offset: 0, start: 0x280000000, end: 0x2ffffffff, size: 2 * GiB }],
          },
        ],
      },
    ]);
  });

  it('cannot offline memory that holds the page structures of memory added after it', async () => {
    const block = '/sys/devices/system/node/node1/memory48/state';
    const script = `daxctl offline-memory ${HBM} || cat ${block}`;
    const { stdout, stderr } = await inMachine(script, '--machine', besideTests('held.yaml'));
    expect(stderr).toContain(
      `offline_one_memblock: ${HBM}: Failed to offline ${block}: Device or resource busy\n`,
    );
    expect(stdout).toBe('online\n');
  });

  it('lists sizes for people, and idle devices only when asked', async () => {
    const before = `${AS_DEVDAX} daxctl disable-device ${HBM} >/dev/null 2>&1; daxctl reconfigure-device -s 0 ${HBM} >/dev/null;`;
    expect(await list(before, '-Ru -r 0')).toEqual({
      path: '/platform/hmem.0',
      id: 0,
      size: '2.00 GiB (2.15 GB)',
      available_size: '2.00 GiB (2.15 GB)',
      align: 2097152,
    });
    expect(await stdoutOf(`${before} daxctl list -D -r 0; daxctl list -Di -r 0 | grep -c ${HBM}`)).toBe(
      '1\n',
    );
  });

  it('hands a device to the kernel as memory, and takes it back', async () => {
    const { stdout } = await inMachine(`
      daxctl reconfigure-device -N -m system-ram ${HBM} >/dev/null 2>&1
      daxctl online-memory ${HBM} 2>&1; cat ${MEMORY}/memory80/{state,valid_zones}
      daxctl offline-memory ${HBM} 2>&1; cat ${MEMORY}/memory80/state
      daxctl reconfigure-device -m devdax ${HBM} >/dev/null 2>&1; echo $? $(basename $(readlink /sys/bus/dax/devices/${HBM}/driver))
      [ -e ${MEMORY}/memory80 ]; echo $?
      daxctl reconfigure-device -m system-ram --no-movable ${HBM} >/dev/null 2>&1; echo $?; cat ${MEMORY}/memory80/valid_zones`);
    expect(stdout.split('\n')).toEqual([
      'onlined memory for 1 device',
      'online',
      'Movable',
      'offlined memory for 1 device',
      'offline',
      '0 device_dax',
      '1',
      '0',
      'Normal',
      '',
    ]);
  });

  it('makes, shrinks, fills and destroys devices of a region', async () => {
    const { stdout } = await inMachine(`
      ${AS_DEVDAX} daxctl disable-device ${HBM} 2>&1; daxctl reconfigure-device -s 1g ${HBM} 2>&1
      daxctl enable-device ${HBM} 2>&1
      daxctl create-device -r 0 -s 512m 2>&1 | head -1; daxctl create-device -r 0 2>&1 | head -1
      cat /sys/bus/dax/devices/dax0.{0,1,2}/size /sys/bus/dax/devices/${HBM}/../dax_region/available_size
      daxctl destroy-device -f dax0.1 2>&1; ls /sys/bus/dax/devices | sort | xargs; ls /dev | grep dax | xargs`);
    expect(stdout.split('\n')).toEqual([
      'disabled 1 device',
      'reconfigured 1 device',
      'enabled 1 device',
      'created 1 device',
      'created 1 device',
      `${GiB}`,
      `${512 * MiB}`,
      `${512 * MiB}`,
      '0',
      'destroyed 1 device',
      'dax0.0 dax0.2 dax1.0',
      'dax0.0 dax0.2 dax1.0',
      '',
    ]);
  });

  it('makes a device of the ranges of a file', async () => {
    const mappings = [
      { start: 0x2c0000000, size: 256 * MiB },
      { start: 0x290000000, size: 128 * MiB },
    ].map(({ start, size }, i) => ({ page_offset: i * 256 * MiB, start, end: start + size - 1, size }));
    const input = JSON.stringify({ chardev: 'dax0.1', size: 384 * MiB, align: 2 * MiB, mappings });
    const { stdout } = await inMachine(`
      ${AS_DEVDAX} daxctl disable-device ${HBM} >/dev/null 2>&1; daxctl reconfigure-device -s 0 ${HBM} >/dev/null
      echo '${input}' > /run/input.json; daxctl create-device -r 0 --input /run/input.json 2>&1 | head -1
      cat /sys/bus/dax/devices/dax0.1/mapping?/start`);
    expect(stdout).toBe('created 1 device\n0x2c0000000\n0x290000000\n');
  });

  it.each([
    {
      what: 'to online memory that the kernel onlines by itself',
      before: `${AS_DEVDAX} echo online > ${MEMORY}/auto_online_blocks;`,
      command: `reconfigure-device -m system-ram ${HBM}`,
      says: 'error: kernel policy will auto-online memory, aborting',
      status: 240,
    },
    {
      what: 'to resize a device with a driver',
      before: AS_DEVDAX,
      command: `reconfigure-device -s 1g ${HBM}`,
      says: 'failed to set size',
      status: 250,
    },
    {
      what: 'to destroy an enabled device',
      before: AS_DEVDAX,
      command: `destroy-device ${HBM}`,
      says: 'is active, specify --force for deletion',
      status: 250,
    },
    {
      what: 'to make a device in a full region',
      before: '',
      command: 'create-device -r 0',
      says: 'created 0 devices',
      status: 228,
    },
    {
      what: 'to take memory away while blocks are online',
      before: `daxctl online-memory ${HBM} >/dev/null 2>&1;`,
      command: `reconfigure-device -m devdax ${HBM}`,
      says: 'Device or resource busy',
      status: 240,
    },
  ])('is refused $what', async ({ before, command, says, status }) => {
    const { stdout } = await inMachine(`${before} daxctl ${command} 2>&1; echo status $?`);
    expect(stdout).toContain(says);
    expect(stdout).toContain(`status ${status}\n`);
  });

  it('leaves device 0 where it is, empty, even by force: 76 says that it is busy, 81 that it was destroyed', async () => {
    const { stdout } = await inMachine(
      `${AS_DEVDAX} daxctl destroy-device -f ${HBM} 2>&1; cat /sys/bus/dax/devices/${HBM}/size`,
    );
    expect(stdout).toMatch(/(Device or resource busy[\s\S]*|destroyed 1 device\n)0\n$/);
  });

  it('detects that somebody else onlined the memory to another zone', async () => {
    const { stdout } = await inMachine(`
      for block in ${MEMORY}/memory{80..95}; do echo online_kernel > $block/state; done
      daxctl online-memory ${HBM} 2>&1`);
    expect(stdout).toContain('WARNING: detected a race while onlining memory');
  });

  it('loads the modules it needs through libkmod', async () => {
    const { stdout } = await inMachine(`
      ${AS_DEVDAX} modprobe -r kmem; [ -e /sys/module/kmem ]; echo $?
      daxctl reconfigure-device -N -m system-ram ${HBM} >/dev/null 2>&1; echo $?; cat /sys/module/kmem/initstate`);
    expect(stdout).toBe('1\n0\nlive\n');
  });
});
