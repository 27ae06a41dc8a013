import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bootMachine } from '../../../src/api/boot-machine.ts';
import { describeClients } from '../../clients/sandbox.ts';
import { builtModule } from '../fixture-source.ts';
import { program } from '../program.ts';

const MAIN = fileURLToPath(new URL('../../bundle/daxsim/main.js', builtModule('none')));
const asRoot = process.getuid?.() === 0;
const modes = asRoot ? ['--root', '--user'] : ['--user'];

async function inside(mode: string, script: string, ...options: string[]): Promise<string> {
  const args = [MAIN, 'run', mode, ...options, '--', 'bash', '-c', script];
  return (await program(process.execPath, args, 60_000)).stdout;
}

/** Every number and word in the host's /proc/sys that this process may read, but for what counts by itself. */
function hostSysctls(): ReadonlyMap<string, string> {
  const counting =
    /random\/|-nr$|dentry-state|ns_last_pid|pty\/nr|netdev_budget|entropy|aio-nr|file-nr|inode-/;
  const values = new Map<string, string>();
  const walk = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (!counting.test(path)) {
        try {
          values.set(path, readFileSync(path, 'latin1'));
        } catch {
          // Write-only, or for others.
        }
      }
    }
  };
  walk('/proc/sys');
  return values;
}

/** Lists what of /proc and /sys opens for writing inside; processes are the guest's own. */
const WRITABLE = `
const { readdirSync, openSync, closeSync, lstatSync, writeFileSync, readFileSync } = require('node:fs');
const own = /^\\/proc\\/(\\d+|self|thread-self)$/;
const walk = path => {
  if (own.test(path)) return;
  let stat;
  try { stat = lstatSync(path); } catch { return; }
  if (stat.isDirectory()) {
    let names = [];
    try { names = readdirSync(path); } catch {}
    for (const name of names) walk(path + '/' + name);
  } else if (stat.isFile() && stat.mode & 0o222) {
    try { closeSync(openSync(path, 'r+')); } catch {
      try { closeSync(openSync(path, 'a')); } catch { return; }
    }
    console.log(path);
  }
};
walk('/proc');
for (const top of ['/sys/kernel', '/sys/fs', '/sys/module', '/sys/power', '/sys/firmware'])
  if (process.argv[1] === 'sys') walk(top);
`;

describeClients(['unshare', 'bash'], () => {
  describe.each(modes)('run %s', mode => {
    it('opens nothing of the host’s /proc for writing', async () => {
      const opened = (await inside(mode, `node -e '${WRITABLE.replaceAll("'", "'\\''")}'`))
        .trim()
        .split('\n');
      const machine = await bootMachine();
      const others = opened.filter(path => !machine.exists(path));
      expect(others).toEqual([]);
      expect(opened).toContain('/proc/sys/vm/nr_hugepages');
    });

    it('leaves every sysctl of the host as it was when all are written', async () => {
      const before = hostSysctls();
      await inside(
        mode,
        `sysctl -w vm.nr_hugepages=3 kernel.numa_balancing=0 vm.swappiness=1 kernel.core_pattern=core.test
        echo 3 > /proc/sys/vm/drop_caches; hostname changed; echo h > /proc/sysrq-trigger`,
      );
      expect(hostSysctls()).toEqual(before);
    });

    it('reserves huge pages of the machine, where sysfs and meminfo show them', async () => {
      const seen = await inside(
        mode,
        `echo 7 > /proc/sys/vm/nr_hugepages; cat /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
        grep -o 'HugePages_Total: *7' /proc/meminfo; echo x > /proc/sys/vm/nr_hugepages || echo refused
        echo 2 > /proc/sys/kernel/numa_balancing; cat /proc/sys/kernel/numa_balancing`,
      );
      expect(seen.split('\n')).toEqual(['7', 'HugePages_Total:       7', 'refused', '2', '']);
    });

    it('gives configuration a layer that goes away', async () => {
      const before = readdirSync('/etc/modprobe.d');
      const seen = await inside(
        mode,
        'touch /etc/modprobe.d/daxsim-test.conf /run/daxsim-test && ls /etc/modprobe.d /run',
      );
      expect(seen.match(/daxsim-test/g)).toHaveLength(2);
      expect(readdirSync('/etc/modprobe.d')).toEqual(before);
      expect(readdirSync('/run')).not.toContain('daxsim-test');
    });

    it('keeps its mounts, host name and queues apart, and reaches no kernel file system by a mount of its own', async () => {
      const host = readFileSync('/proc/sys/kernel/hostname', 'latin1');
      const seen = await inside(
        mode,
        `hostname guest && hostname
        for name in user mnt uts ipc pid; do readlink /proc/self/ns/$name; done
        umount /sys /proc/sys /proc/sys/vm/nr_hugepages 2>/dev/null && echo uncovered
        for type in sysfs proc debugfs devtmpfs tracefs; do mount -t $type none /mnt 2>/dev/null && echo $type; done
        mount -o remount,rw,bind /proc/sys 2>/dev/null && echo writable
        mknod /tmp/daxsim-mem-$$ c 1 1 2>/dev/null && echo device
        true`,
      );
      const [name, ...spaces] = seen.trim().split('\n');
      expect(name).toBe('guest');
      expect(readFileSync('/proc/sys/kernel/hostname', 'latin1')).toBe(host);
      const ours = ['user', 'mnt', 'uts', 'ipc', 'pid'].map(kind => readlinkSync(`/proc/self/ns/${kind}`));
      expect(spaces).toHaveLength(ours.length);
      expect(spaces.filter(space => ours.includes(space))).toEqual([]);
    });
  });
});

describeClients(['unshare', 'udevadm', 'bash'], () => {
  it.skipIf(!asRoot)(
    'lets no uevent of the host reach the rules under test (needs root, who can cause one)',
    async () => {
      const directory = mkdtempSync(join(tmpdir(), 'daxsim-uevents-'));
      const script = `udevadm monitor --kernel > ${directory}/heard & until [ -s ${directory}/heard ]; do sleep 0.05; done
      touch ${directory}/listening; until [ -e ${directory}/caused ]; do sleep 0.05; done
      echo add > /sys/bus/dax/devices/dax0.0/uevent; until grep -q dax0.0 ${directory}/heard; do sleep 0.05; done`;
      try {
        const running = inside('--root', script, '--udev', '--no-distro-rules');
        await expect.poll(() => readdirSync(directory)).toContain('listening');
        // A FUSE mount makes a bdi device, whose event every network name space of the first user name space hears.
        const place = mkdtempSync(join(tmpdir(), 'daxsim-bdi-'));
        const child = spawn(process.execPath, [MAIN, 'mount', place], { stdio: 'ignore' });
        await expect.poll(() => readFileSync('/proc/self/mountinfo', 'utf8')).toContain(place);
        execFileSync(process.execPath, [MAIN, 'unmount', place]);
        child.kill();
        rmSync(place, { recursive: true, force: true });
        writeFileSync(join(directory, 'caused'), '');
        await running;
        const heard = readFileSync(join(directory, 'heard'), 'utf8').match(/^KERNEL\[.*$/gm);
        expect(heard).toEqual([expect.stringMatching(/dax0\.0 \(dax\)$/)]);
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
  );
});
