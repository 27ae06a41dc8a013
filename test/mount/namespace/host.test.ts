import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  statSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { identityMap } from '../../../mount/namespace/user-namespace.ts';
import { readableMain } from '../../clients/readable-main.ts';
import { besideTests, describeClients, inMachine, MAIN, stdoutOf } from '../../clients/sandbox.ts';
import { program } from '../program.ts';

const root = process.getuid?.() === 0;
const MODES = root ? ['--root', '--user'] : ['--user'];

/** Prints what can be opened for writing below /proc and /sys, process directories aside, and is not the machine's. */
const OPEN_ALL = `
const fs = require('fs');
const machine = fs.statSync('/sys').dev;
let opened = 0;
const walk = directory => {
  let entries = [];
  try { entries = fs.readdirSync(directory, { withFileTypes: true }); } catch {}
  for (const entry of entries) {
    const path = directory + '/' + entry.name;
    if (entry.isDirectory() && !/^.proc.\\d+$/.test(path)) walk(path);
    if (!entry.isFile()) continue;
    try {
      const fd = fs.openSync(path, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK);
      opened++;
      if (fs.fstatSync(fd).dev !== machine) console.log(path);
      fs.closeSync(fd);
    } catch {}
  }
};
walk('/proc');
walk('/sys');
console.log('opened', opened > 500);
`;

/** What can be set of this host below /proc/sys. */
function settings(directory = '/proc/sys', found = new Map<string, string>()): Map<string, string> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) settings(path, found);
    else if ((statSync(path).mode & 0o222) !== 0 && entry.name !== 'ns_last_pid') {
      try {
        found.set(path, readFileSync(path, 'latin1'));
      } catch {
        // Written only, or not by us.
      }
    }
  }
  return found;
}

describeClients(['unshare'], () => {
  it.each(MODES)('lets no file of the host below /proc and /sys be opened for writing (%s)', async mode => {
    const before = settings();
    expect(await stdoutOf(`${process.execPath} - <<'END'\n${OPEN_ALL}\nEND`, mode)).toBe('opened true\n');
    expect(settings()).toEqual(before);
  });

  it.each(MODES)('lets nothing be taken away that covers the host, nor mounted anew (%s)', async mode => {
    const attempts = [
      'umount /sys',
      'umount /proc/sys',
      'umount -l /dev',
      'mount -o remount,rw,bind /proc/sys',
      'mount -o remount,rw,bind /sys/fs/cgroup',
      'mkdir /sys/fs/cgroup/daxsim-test',
      'mount -t proc proc /mnt',
      'mount -t sysfs sysfs /mnt',
      'mount -t debugfs debugfs /mnt',
      'mount -t devtmpfs devtmpfs /mnt',
      'mount -t cgroup2 cgroup2 /mnt',
      'mknod /tmp/daxsim-test-node b 7 0',
      'unshare --user --map-root-user --mount --net mount -t sysfs sysfs /mnt',
      'unshare --user --map-root-user --pid --fork --mount mount -t proc proc /mnt',
    ];
    const spaces = ['user', 'mnt', 'uts', 'ipc', 'pid'];
    const own = await stdoutOf(spaces.map(space => `readlink /proc/self/ns/${space}`).join('\n'), mode);
    for (const space of spaces) expect(own).not.toContain(readlinkSync(`/proc/self/ns/${space}`));
    const script = attempts.map(attempt => `${attempt} 2> /dev/null && echo '${attempt}'`).join('\n');
    expect(await stdoutOf(`${script}\necho tried`, mode)).toBe('tried\n');
  });

  it.each(MODES)(
    'takes away with itself what is written where programs configure udev and modprobe (%s)',
    async mode => {
      const places = ['/etc/udev', '/etc/modprobe.d', '/run', '/run/lock', '/dev/shm', '/run/udev/rules.d'];
      const script = places
        .map(place => `echo daxsim > ${place}/daxsim-test && cat ${place}/daxsim-test`)
        .join('\n');
      const { stdout } = await inMachine(script, mode);
      const there = places.filter(place => existsSync(place) || /^\/(run|dev)/.test(place));
      expect(stdout).toBe('daxsim\n'.repeat(there.length));
      expect(places.filter(place => existsSync(`${place}/daxsim-test`))).toEqual([]);
    },
  );

  it.each(MODES)('acts on the machine when its sysctls are set, and on the host by none (%s)', async mode => {
    const before = settings();
    const seen = await stdoutOf(
      `exec 2> /dev/null
      echo 7 > /proc/sys/vm/nr_hugepages; cat /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
      grep -o 'HugePages_Total: *7' /proc/meminfo; echo x > /proc/sys/vm/nr_hugepages || echo refused
      echo 2 > /proc/sys/kernel/numa_balancing; cat /proc/sys/kernel/numa_balancing
      echo 3 > /proc/sys/vm/drop_caches; dmesg -t | tail -n 1 | sed 's/([0-9]*)/(PID)/'
      sysctl -w vm.nr_hugepages=3 vm.max_map_count=65531 kernel.core_pattern=core.test > /dev/null`,
      mode,
    );
    expect(seen.split('\n')).toEqual([
      '7',
      'HugePages_Total:       7',
      'refused',
      '2',
      'bash (PID): drop_caches: 3',
      '',
    ]);
    expect(settings()).toEqual(before);
  });

  it.each(MODES)('has what the host configures for udev and modprobe (%s)', async mode => {
    const directories = ['/etc/udev', '/etc/modprobe.d'].filter(existsSync);
    expect(await stdoutOf(`ls ${directories.join(' ')}`, mode)).toBe(
      execFileSync('ls', directories, { encoding: 'utf8' }),
    );
  });

  it.each(MODES)('has a host name and message queues of its own (%s)', async mode => {
    const before = hostname();
    expect(
      await stdoutOf('hostname daxsim-test && hostname; ls /dev/mqueue; ipcs -q | grep -c 0x', mode),
    ).toBe('daxsim-test\n0\n');
    expect(hostname()).toBe(before);
  });

  (root ? it : it.skip)(
    'is root over all users and files as before (needs root, who has several)',
    async () => {
      const directory = mkdtempSync(join(tmpdir(), 'daxsim-test-'));
      const script = `setpriv --reuid 1234 --regid 1235 --groups 4,5 id -G
      touch ${directory}/file && chown 1234:99 ${directory}/file && stat -c %u:%g ${directory}/file; cat /proc/self/uid_map | xargs`;
      const map = readFileSync('/proc/self/uid_map', 'utf8');
      expect(await stdoutOf(script)).toBe(`1235 4 5\n1234:99\n${identityMap(map)}`);
      expect(statSync(join(directory, 'file')).uid).toBe(1234);
      execFileSync('rm', [join(directory, 'file')]);
      rmdirSync(directory);
    },
  );
});

/** As root of a private mount name space, so that nothing of it is seen outside. */
function inPrivateHost(script: string, main = MAIN) {
  return program('unshare', ['--mount', 'sh', '-ec', script, process.execPath, main], 30_000);
}

describeClients(['unshare', 'setpriv', 'chroot'], () => {
  (root ? it : it.skip)(
    'runs for a user of a host whose cgroup mounts have flags that he may not drop (needs root)',
    async () => {
      const { status, stdout } = await inPrivateHost(
        `
      mount -t tmpfs -o nosuid,nodev,noexec tmpfs /sys/fs/cgroup
      mkdir /sys/fs/cgroup/unified && mount -t tmpfs -o nosuid,nodev,noexec tmpfs /sys/fs/cgroup/unified
      setpriv --reuid 65534 --regid 65534 --clear-groups "$0" "$1" run -- sh -c 'grep /sys/fs/cgroup /proc/self/mountinfo | tail -n 2 | cut -d " " -f 5-6'`,
        readableMain(),
      );
      const flags = 'ro,nosuid,nodev,noexec,relatime';
      expect({ status, stdout }).toEqual({
        status: 0,
        stdout: `/sys/fs/cgroup ${flags}\n/sys/fs/cgroup/unified ${flags}\n`,
      });
    },
  );

  (root ? it : it.skip).each([
    ['is no mount point', ''],
    ['is a mount point', 'mount --rbind . . && cd "$PWD"'],
  ])('runs in a chroot whose root %s, and holds what is inside there too (needs root)', async (_, bind) => {
    const place = mkdtempSync(join(tmpdir(), 'daxsim-test-'));
    const checkout = resolve(MAIN, '../../../..');
    const top = checkout.split('/')[1];
    const { status, stdout } = await inPrivateHost(`
      mount -t tmpfs tmpfs ${place} && mkdir ${place}/root && cd ${place}/root
      mkdir proc tmp run && mount -t proc proc proc
      for entry in /*; do
        name=\${entry#/}
        case $name in proc | tmp | run | mnt | media) continue ;; esac
        if [ -L "$entry" ]; then cp -d "$entry" .; elif [ -d "$entry" ]; then mkdir "$name" && mount --rbind "$entry" "$name"; fi
      done
      mkdir -p .${checkout} && mount --bind ${checkout} .${checkout}
      ${bind}
      TMPDIR=/tmp chroot . "$0" "$1" run -- sh -c 'pwd; cat /sys/bus/dax/devices/dax0.0/size; umount /sys 2> /dev/null || ls -d /${top}'`);
    rmdirSync(place);
    expect({ status, stdout }).toEqual({ status: 0, stdout: `/\n2147483648\n/${top}\n` });
  });
});

describeClients(['unshare'], () => {
  /** In a user name space below which no other may be made. */
  const withoutUserNamespaces = (...args: string[]) =>
    program('unshare', [
      ...['--user', '--map-root-user', '--mount', 'sh', '-c'],
      'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"',
      ...['sh', process.execPath, MAIN, ...args],
    ]);

  it('says what is not held where there are no user name spaces, and runs all the same', async () => {
    const { status, stdout, stderr } = await withoutUserNamespaces(
      ...['run', '--', 'sh', '-c'],
      'cat /sys/bus/dax/devices/dax0.0/size; { echo 3 > /proc/sys/vm/max_map_count; } 2> /dev/null || echo refused',
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: '2147483648\nrefused\n' });
    expect(stderr).toMatch(
      /^daxsim: user name spaces are forbidden here \(sysctl user.max_user_namespaces=.*\n$/,
    );
  });

  it('runs no program of a recording where there are no user name spaces, and says how to allow it', async () => {
    const recording = besideTests('../golden/6.12-08-daxctl');
    const { status, stdout } = await withoutUserNamespaces('replay', '--limit', '1', '--json', recording);
    expect(status).toBe(1);
    expect(stdout).toContain('allow it with \\"sysctl user.max_user_namespaces=10000\\"');
  });
});

describeClients(['udevadm'], () => {
  (root ? it : it.skip)(
    'hears nothing of the devices of the host, such as the bdi of a mount made outside (needs root, who can cause one)',
    async () => {
      const directory = mkdtempSync(join(tmpdir(), 'daxsim-test-'));
      const script = `udevadm monitor --kernel > ${directory}/heard & sleep 0.5
      echo > ${directory}/listening; until [ -e ${directory}/mounted ]; do sleep 0.05; done
      udevadm trigger /sys/bus/dax/devices/dax0.0; udevadm settle; sleep 0.2; kill $!`;
      const listener = inMachine(script, '--udev', '--no-distro-rules', '--no-coldplug');
      await expect.poll(() => existsSync(join(directory, 'listening')), { timeout: 15_000 }).toBe(true);
      const machine = join(directory, 'machine');
      execFileSync(process.execPath, [MAIN, 'mount', machine, '--detach'], { stdio: 'ignore' });
      execFileSync(process.execPath, [MAIN, 'unmount', machine], { stdio: 'ignore' });
      execFileSync('touch', [join(directory, 'mounted')]);
      await listener;
      const heard = readFileSync(join(directory, 'heard'), 'utf8');
      execFileSync('rm', ['-r', directory]);
      expect(heard.match(/ (\w+) +\/devices.*/g)).toEqual([expect.stringContaining('dax0.0')]);
    },
  );
});

it('maps each id to itself, whatever it is outside', () => {
  expect(identityMap('         0       1000          1\n         1     100000      65536\n')).toBe(
    '0 0 1\n1 1 65536\n',
  );
});
