import { spawn } from 'node:child_process';
import { expect, it, onTestFinished } from 'vitest';
import { MAIN } from '../cli/daxsim.ts';
import { besideTests, describeClients, inMachine, stdoutOf } from './sandbox.ts';

const MEMORY = '/sys/devices/system/memory';
const DEVICE = '/sys/bus/dax/devices/dax0.0';
const UUID = '12345678-9abc-def0-1234-56789abcdef0';

function withRules(name: string): string[] {
  return ['--no-distro-rules', '--rules', besideTests(`rules/${name}.rules`)];
}

/** Zones and states of the blocks of node 2, as `COUNT STATE ZONE`. */
const BLOCKS_OF_NODE_2 = `
  for block in /sys/devices/system/node/node2/memory[0-9]*; do echo $(cat $block/state $block/valid_zones); done | sort | uniq -c | xargs`;

/** Unplugs the memory of node 2 and plugs it in again, so that udevd hears of it. */
const REPLUG = `
  { daxctl reconfigure-device -f -m devdax dax0.0; daxctl reconfigure-device -f -N -m system-ram dax0.0; } >/dev/null 2>&1
  udevadm settle`;

describeClients(['udevadm'], () => {
  it('info tells of a device by its node, with links and properties that rules gave it', async () => {
    const out = await stdoutOf('udevadm info --query=property /dev/dax0.0', '--udev');
    expect(out.split('\n')).toEqual(
      expect.arrayContaining([
        'DEVPATH=/devices/platform/hmem.0/dax0.0',
        'SUBSYSTEM=dax',
        'DRIVER=kmem',
        'MODALIAS=dax:t0',
        'MAJOR=252',
        'MINOR=0',
      ]),
    );
  });

  it('is waited for with a word when there are more devices than it can handle at once', async () => {
    const args = [MAIN, 'run', '--machine', 'big', '--udev', '--', 'true'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    await expect.poll(() => said, { timeout: 15_000 }).toContain('--no-coldplug leaves that out\n');
  });

  it('monitor shows events of the kernel and of udev, in their order', async () => {
    const out = await stdoutOf(
      `
      udevadm monitor --kernel --udev --subsystem-match=dax > /run/events & sleep 0.3
      daxctl reconfigure-device -f -m devdax dax0.0 >/dev/null 2>&1; udevadm settle; sleep 0.2; kill %1
      grep -oE '^(KERNEL|UDEV) *\\[.*' /run/events | sed -E 's/\\[[^]]*\\]//; s/ +/ /g'`,
      '--udev',
    );
    const events = out.trim().split('\n');
    const of = (source: string) =>
      events.filter(line => line.startsWith(source)).map(line => line.split(' ')[1]);
    expect(of('KERNEL')).toEqual(['unbind', 'bind']);
    expect(of('UDEV')).toEqual(['unbind', 'bind']);
  });

  it('monitor hears all that the uevents file of the control directory tells, in the same order', async () => {
    const { stdout } = await inMachine(
      `
      udevadm monitor --kernel > /run/events & sleep 0.3
      before=$(wc -l < /sys/kernel/debug/daxsim/uevents)
      daxctl reconfigure-device -f -m devdax dax0.0 >/dev/null 2>&1
      daxctl reconfigure-device -m system-ram dax0.0 >/dev/null 2>&1; sleep 0.3; kill %1
      tail -n +$((before + 1)) /sys/kernel/debug/daxsim/uevents > /run/told
      sed -nE 's/^KERNEL\\[[^]]*\\] *([a-z]+) +([^ ]+) .*/\\1@\\2/p' /run/events > /run/heard
      sed -E 's/.*"action":"([a-z]+)","devpath":"([^"]+)".*/\\1@\\2/' /run/told | diff - /run/heard && wc -l < /run/heard`,
      '--udev',
      '--user',
    );
    expect(Number(stdout)).toBeGreaterThan(16 * 2);
  });

  it('trigger --settle waits for its own events and returns', async () => {
    const { stdout } = await inMachine(
      'timeout 10 udevadm trigger --settle --subsystem-match=memory; echo $?; timeout 10 udevadm settle; echo $?',
      '--udev',
    );
    expect(stdout).toBe('0\n0\n');
  });

  it('control reaches udevd: ping, reload, a property for all events', async () => {
    const { stdout } = await inMachine(
      `
      echo 'SUBSYSTEM=="dax", ENV{MARK}=="?*", SYMLINK+="marked"' > /run/udev/rules.d/50-mark.rules
      udevadm control --reload; echo $?; udevadm control --property=MARK=yes; udevadm control --ping; echo $?
      udevadm trigger --settle --name-match=/dev/dax0.0; readlink /dev/marked`,
      '--udev',
      '--no-distro-rules',
    );
    expect(stdout).toBe('0\n0\ndax0.0\n');
  });

  it('test says what the rules would do', async () => {
    const out = await stdoutOf(
      `udevadm test --action=add ${DEVICE} 2>/dev/null | tail -1`,
      ...withRules('devdax-on-add'),
    );
    const [, command] = /^(?:run: '| {2}RUN\{program\} : )(.*?)'?\n$/.exec(out) ?? [];
    expect(command).toBe('/usr/bin/daxctl reconfigure-device --force --mode=devdax dax0.0');
  });

  it('makes synthetic events of what is written to a uevent file, with its arguments', async () => {
    const { stdout } = await inMachine(
      `
      udevadm monitor --kernel --property > /run/events & sleep 0.3
      echo "change ${UUID} COLOUR=green" > ${DEVICE}/uevent; echo bogus > ${DEVICE}/uevent; sleep 0.2; kill %1
      grep SYNTH /run/events`,
      '--udev',
    );
    expect(stdout).toBe(`SYNTH_UUID=${UUID}\nSYNTH_ARG_COLOUR=green\n`);
  });

  it('finishes the coldplug before the command starts, or does none', async () => {
    const link = 'readlink /dev/char/252:0; echo $?';
    expect(await stdoutOf(link, '--udev')).toBe('../dax0.0\n0\n');
    expect(await stdoutOf(link, '--udev', '--no-coldplug')).toBe('1\n');
  });

  it('loads the drivers of what is there, and of what these find, as at a real boot', async () => {
    const out = await stdoutOf(
      'ls /sys/module | grep -x "dax_hmem\\|device_dax\\|kmem"; for d in /sys/bus/dax/devices/*; do basename $(readlink $d/driver); done',
      ...['--udev', '--machine', 'qemu-6.12-unloaded'],
    );
    expect(out.trim().split('\n').sort()).toEqual(['dax_hmem', 'device_dax', 'kmem', 'kmem', 'kmem']);
  });

  it('loads no module that modprobe.d forbids', async () => {
    const out = await stdoutOf(
      `
      echo 'blacklist kmem' > /run/modprobe.d/no-kmem.conf; udevadm control --reload
      udevadm trigger --action=add --settle; udevadm trigger --action=add --settle --subsystem-match=dax
      ls /sys/module | grep -x 'kmem\\|device_dax'`,
      ...['--udev', '--no-coldplug', '--machine', 'qemu-6.12-unloaded'],
    );
    expect(out).toBe('device_dax\n');
  });
});

describeClients(['udevadm', 'daxctl', 'unshare'], () => {
  it('a rule onlines whatever memory is added', async () => {
    const out = await stdoutOf(`${REPLUG}; ${BLOCKS_OF_NODE_2}`, ...withRules('online-all'), '--no-coldplug');
    expect(out).toBe('16 online Normal\n');
  });

  it('a rule picks the zone by the processors of the node', async () => {
    const out = await stdoutOf(
      `${REPLUG}; ${BLOCKS_OF_NODE_2}`,
      ...withRules('online-by-zone'),
      '--no-coldplug',
    );
    expect(out).toBe('16 online Movable\n');
  });

  it('a rule keeps a device out of the page allocator, and only that one', async () => {
    const out = await stdoutOf(
      'for d in 0.0 1.0; do basename $(readlink /sys/bus/dax/devices/dax$d/driver); done; ls /sys/devices/system/node/node2 | grep -c memory[0-9]',
      ...withRules('devdax-on-add'),
    );
    expect(out).toBe('device_dax\nkmem\n0\n');
  });

  it('a rule and daxctl race for the zone, and daxctl says so', async () => {
    const out = await stdoutOf(
      `
      daxctl reconfigure-device -f -m devdax dax0.0 >/dev/null 2>&1
      daxctl reconfigure-device -N -m system-ram dax0.0 >/dev/null 2>&1; udevadm settle
      daxctl online-memory dax0.0 2>&1; ${BLOCKS_OF_NODE_2}`,
      ...withRules('online-all'),
      '--no-coldplug',
    );
    expect(out).toContain('WARNING: detected a race while onlining memory');
    expect(out).toMatch(/16 online Normal\n$/);
  });

  it('the policy of the kernel comes before any rule, and daxctl refuses to compete with it', async () => {
    const out = await stdoutOf(
      `
      daxctl reconfigure-device -f -m devdax dax0.0 >/dev/null 2>&1; echo online_movable > ${MEMORY}/auto_online_blocks
      daxctl reconfigure-device -m system-ram dax0.0 2>&1 | head -1
      daxctl reconfigure-device -f -N -m system-ram dax0.0 >/dev/null 2>&1; udevadm settle; ${BLOCKS_OF_NODE_2}`,
      ...withRules('online-all'),
      '--no-coldplug',
    );
    expect(out).toBe('dax0.0: error: kernel policy will auto-online memory, aborting\n16 online Movable\n');
  });
});
