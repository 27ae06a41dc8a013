import { release } from 'node:os';
import { expect, it } from 'vitest';
import { describeClients, inMachine, stdoutOf } from './sandbox.ts';

const DEVICE = '/sys/devices/platform/hmem.0/dax0.0';

describeClients(['find', 'tar'], () => {
  it('finds every attribute and reads what may be read', async () => {
    const { stdout, stderr } = await inMachine(`
      find /sys/ -path /sys/fs/cgroup -prune -o -name target_node -print | sort
      find ${DEVICE} -type f -perm -444 ! -name autosuspend_delay_ms -exec cat {} + | wc -l`);
    expect(stderr).toBe('');
    expect(stdout).toMatch(
      /^\/sys\/devices\/platform\/hmem\.0\/dax0\.0\/target_node\n\/sys\/devices\/platform\/hmem\.1\/dax1\.0\/target_node\n[1-9]\d\n$/,
    );
  });

  it('archives names, modes and links; contents are padded to the st_size of sysfs', async () => {
    const { stdout } = await inMachine(`
      tar -C ${DEVICE} -cf /run/device.tar size driver 2>&1; echo status $?
      cd /run && tar -xf device.tar && stat -c '%s %a' size && head -1 size && readlink driver`);
    expect(stdout.split('\n')).toEqual([
      'tar: size: File shrank by 4085 bytes; padding with zeros',
      'status 1',
      '4096 644',
      '2147483648',
      '../../../../bus/dax/drivers/kmem',
      '',
    ]);
  });
});

describeClients(['tree'], () => {
  it('draws the device with its links', async () => {
    const out = await stdoutOf(`tree --charset=UTF-8 --noreport -L 1 /sys/bus/dax/devices`);
    expect(out).toBe(
      [
        '/sys/bus/dax/devices',
        '├── dax0.0 -> ../../../devices/platform/hmem.0/dax0.0',
        '└── dax1.0 -> ../../../devices/platform/hmem.1/dax1.0',
        '',
      ].join('\n'),
    );
  });
});

describeClients(['busybox', 'chmem'], () => {
  it('reads by sendfile: a text that became longer since somebody did is not cut', async () => {
    const out = await stdoutOf(`
      cd /sys/devices/system/memory/memory80
      chmem -e -b 80; busybox cat state; chmem -d -b 80; busybox cat state; stat -c %s state`);
    expect(out).toBe('online\noffline\n4096\n');
  });
});

describeClients(['rsync'], () => {
  it('copies names, modes and links; files end before their st_size, as in any sysfs', async () => {
    const { stdout } = await inMachine(`
      rsync -a ${DEVICE}/driver /run/; readlink /run/driver
      rsync -a ${DEVICE}/size /run/ 2>&1 | grep -c 'read errors'`);
    expect(stdout).toMatch(/^\.\.\/\.\.\/\.\.\/\.\.\/bus\/dax\/drivers\/kmem\n[1-9]\d*\n$/);
  });
});

describeClients(['inotifywait'], () => {
  it('sees what programs do to files', async () => {
    const out = await stdoutOf(`
      inotifywait -q -t 5 -e modify --format '%e %f' ${DEVICE}/align > /run/seen & sleep 0.4
      echo 0x200000 > ${DEVICE}/align; wait; cat /run/seen`);
    expect(out).toMatch(/^MODIFY/);
  });
});

describeClients(['stat'], () => {
  it('the top of sysfs is for nobody to write', async () => {
    expect(await stdoutOf(`stat -c '%A %n' /sys /sys/bus`)).toBe('dr-xr-xr-x /sys\ndrwxr-xr-x /sys/bus\n');
  });
});

describeClients(['dd', 'busybox'], () => {
  it('gives /proc in whole records, as many as fit a buffer, and all of it to sendfile', async () => {
    const out = await stdoutOf(
      `dd if=/proc/zoneinfo bs=100000 count=1 2> /dev/null | grep '^Node' | cut -d , -f 1 | uniq -c
      busybox cat /proc/zoneinfo | grep '^Node' | cut -d , -f 1 | uniq -c`,
      ...['--machine', 'qemu-6.12'],
    );
    expect(out.split('\n').map(line => line.trim())).toEqual([
      '5 Node 0',
      ...[0, 1, 2, 3].map(node => `5 Node ${node}`),
      '',
    ]);
  });
});

const [major, minor] = release().split('.').map(Number);
const namesExpire = major! > 6 || (major === 6 && minor! >= 2);
const reason = namesExpire ? '' : ': FUSE of Linux before 6.2 knows only names that are gone at once';

describeClients(['readlink'], () => {
  it.skipIf(!namesExpire)(
    `who holds what went keeps its path until somebody looks for it${reason}`,
    async () => {
      const out = await stdoutOf(`
      cd /sys/devices/system/memory/memory80
      exec 5< state 6< .
      echo dax0.0 > /sys/bus/dax/drivers/kmem/unbind
      readlink /proc/self/cwd /proc/self/fd/5 /proc/self/fd/6
      ls; cat state 2>&1; cat <&5 2>&1
      [ -e /sys/devices/system/memory/memory80 ] || readlink /proc/self/cwd /proc/self/fd/5`);
      expect(out.split('\n')).toEqual([
        '/sys/devices/system/memory/memory80',
        '/sys/devices/system/memory/memory80/state',
        '/sys/devices/system/memory/memory80',
        'cat: state: No such file or directory',
        'cat: -: No such device',
        '/sys/devices/system/memory/memory80 (deleted)',
        '/sys/devices/system/memory/memory80/state (deleted)',
        '',
      ]);
    },
  );
});
