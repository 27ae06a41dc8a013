import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmdirSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runInSandbox } from '../../../mount/namespace/sandbox.ts';
import { readableMain } from '../../clients/readable-main.ts';
import { describeClients } from '../../clients/sandbox.ts';
import { builtModule } from '../fixture-source.ts';
import { program } from '../program.ts';

const MAIN = fileURLToPath(new URL('../../bundle/daxsim/main.js', builtModule('none')));
const root = process.getuid?.() === 0;

function run(...args: string[]) {
  return program(process.execPath, [MAIN, 'run', ...args], 20_000);
}

/** Starts `daxsim run` with a shell that says when it runs. */
async function start(script: string, ...options: string[]) {
  const child = spawn(process.execPath, [MAIN, 'run', ...options, '--', 'sh', '-c', `echo up; ${script}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  const ended = new Promise<number | string>(done =>
    child.on('exit', (status, signal) => done(status ?? signal!)),
  );
  await expect.poll(() => said).toContain('up\n');
  return { child, ended, said: () => said };
}

/** Processes of a command line with the given word. */
function processesWith(word: string): number {
  return readdirSync('/proc').filter(pid => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').includes(word);
    } catch {
      return false;
    }
  }).length;
}

describeClients(['unshare'], () => {
  it.each([
    ['exit 7', 7],
    ['kill -TERM $$', 143],
    ['exit 0', 0],
  ])('ends with the status of the command: %s', async (script, status) => {
    expect((await run('--', 'sh', '-c', script)).status).toBe(status);
  });

  it('ends with 127 when there is no such command, and says what runs a line', async () => {
    const missing = 'daxsim: no-such-command: command not found\n';
    expect(await run('--', 'no-such-command')).toEqual({ status: 127, stdout: '', stderr: missing });
    expect(await run('--', 'echo a; echo b')).toEqual({
      status: 127,
      stdout: '',
      stderr: 'daxsim: echo a; echo b: command not found\ndaxsim: a line for a shell is run by: sh -c LINE\n',
    });
  });

  it('names the process that was refused, which was one of the host with the same pid', async () => {
    const { stdout } = await run(
      '--',
      'bash',
      '-c',
      'echo 1000 > /sys/bus/dax/devices/dax0.0/size; cat /sys/kernel/debug/daxsim/refusals; echo $$',
    );
    const [refused, pid] = stdout.trim().split('\n');
    expect(JSON.parse(refused!)).toMatchObject({ pid: Number(pid), comm: 'bash', written: '1000\n' });
  });

  it('ends with 126 when the command may not be executed', async () => {
    const { status, stderr } = await run('--', '/etc/passwd');
    expect({ status, stderr }).toEqual({ status: 126, stderr: expect.stringContaining('Permission denied') });
  });

  it('passes arguments, options of the command too, without touching them', async () => {
    expect((await run('printf', '%s|', '--machine', 'a b', "it's", '')).stdout).toBe("--machine|a b|it's||");
  });

  it('connects stdin and stdout', async () => {
    const { child, ended, said } = await start('cat');
    child.stdin.end('through\n');
    expect(await ended).toBe(0);
    expect(said()).toBe('up\nthrough\n');
  });

  it('shows the machine at /sys, /proc and /dev, with the devices that every program needs', async () => {
    const { stdout } = await run(
      ...['--', 'sh', '-c'],
      `ls /sys/bus/dax/devices | xargs; grep -c "Soft Reserved" /proc/iomem; stat -c "%F %t:%T" /dev/dax0.0
      echo gone > /dev/null; head -c 3 /dev/zero | wc -c; head -c 3 /dev/urandom | wc -c; ls /dev/pts/ptmx /sys/fs/cgroup > /dev/null && echo there`,
    );
    expect(stdout.split('\n')).toEqual([
      'dax0.0 dax1.0',
      '2',
      'character special file fc:0',
      '3',
      '3',
      'there',
      '',
    ]);
  });

  it('opens no driver of the host behind a simulated device', async () => {
    const { stderr } = await run('--', 'sh', '-c', 'LC_ALL=C cat /dev/dax0.0');
    expect(stderr).toContain('Permission denied');
  });

  it('may not load modules into the real kernel, nor reboot it', async () => {
    const { stdout } = await run('--', 'grep', 'CapBnd', '/proc/self/status');
    const bounding = BigInt(`0x${stdout.trim().split(/\s+/)[1]}`);
    const [CAP_SYS_MODULE, CAP_SYS_ADMIN, CAP_SYS_BOOT] = [16n, 21n, 22n];
    const has = (capability: bigint) => ((bounding >> capability) & 1n) === 1n;
    expect([CAP_SYS_MODULE, CAP_SYS_ADMIN, CAP_SYS_BOOT].map(has)).toEqual([false, true, false]);
  });

  it('loads and unloads modules of the machine with the usual programs', async () => {
    const { stdout, stderr } = await run(
      ...['--', 'sh', '-c'],
      'lsmod | grep -c dax; modprobe -r dax_hmem; rmmod dax_hmem; modprobe no_such; ls /sys/bus/dax/devices | wc -l; modprobe dax_hmem; ls /sys/bus/dax/devices | wc -l',
    );
    expect(stdout).toBe('2\n0\n2\n');
    expect(stderr).toContain('rmmod: ERROR: Module dax_hmem is not currently loaded');
    expect(stderr).toContain('modprobe: FATAL: Module no_such not found in directory');
  });

  it('finds modules by name and by what a device asks for', async () => {
    const { stdout, stderr } = await run(
      ...['--machine', 'qemu-6.12-unloaded', '--', 'sh', '-c'],
      `modinfo -F alias dax-hmem; modinfo kmem | grep name: ; modinfo no_such; echo $?
      modprobe $(cat /sys/devices/platform/hmem_platform.0/modalias); modprobe dax:t0; lsmod | tail -n +2 | cut -d ' ' -f 1`,
    );
    const [alias, filename, name, status, ...loaded] = stdout.trim().split('\n');
    expect([alias, status, ...loaded]).toEqual([
      'platform:hmem*',
      '1',
      'cxl_acpi',
      'dax_hmem',
      'device_dax',
      'kmem',
    ]);
    expect(filename).toMatch(/^filename: +\/lib\/modules\/.*\/kmem\.ko$/);
    expect(name).toMatch(/^name: +kmem$/);
    expect(stderr).toBe('modinfo: ERROR: Module no_such not found.\n');
  });

  it('says of modules what modprobe(8), rmmod(8) and lsmod(8) say', async () => {
    const { stdout, stderr } = await run(
      ...['--machine', 'qemu-6.12-nvdimm', '--', 'sh', '-c'],
      `modprobe -a device_dax kmem dax_pmem; modprobe -nv kmem; modprobe -v kmem; modprobe -rv kmem; echo $?; modprobe -vn kmem a=b; modprobe -va kmem; modprobe -D kmem
      modprobe -R dax:t0; modprobe -nrv device_dax; modprobe -q bogus; echo $?
      exec 2>&1
      modprobe -a bogus kmem; echo $?; modprobe -nv bogus; modprobe -r bogus; modprobe --first-time kmem; echo $?
      modprobe -r kmem; modprobe -r kmem; echo $?; modprobe -r --first-time kmem; modprobe -Z kmem; modprobe --bogus kmem; echo $?
      rmmod libnvdimm; echo $?; modprobe -r libnvdimm; rmmod -s nosuch; rmmod device-dax; echo $?
      lsmod | grep -E '^(libnvdimm|nfit)'; lsmod extra`,
    );
    const directory = `/lib/modules/${release()}`;
    const insmod = `insmod ${directory}/kernel/kmem.ko `;
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toEqual([
      'rmmod kmem',
      '0',
      `${insmod}a=b`,
      insmod,
      insmod,
      'device_dax',
      'kmem',
      'rmmod device_dax',
      '1',
      `modprobe: WARNING: Module bogus not found in directory ${directory}`,
      '1',
      `modprobe: FATAL: Module bogus not found in directory ${directory}`,
      'modprobe: FATAL: Module bogus not found.',
      "modprobe: ERROR: could not insert 'kmem': Module already in kernel",
      '1',
      '0',
      'modprobe: FATAL: Module kmem is not in kernel.',
      "modprobe: invalid option -- 'Z'",
      "modprobe: unrecognized option '--bogus'",
      '1',
      'rmmod: ERROR: Module libnvdimm is in use by: dax_pmem nfit',
      '1',
      'modprobe: FATAL: Module libnvdimm is in use.',
      '0',
      'libnvdimm             241664  2 dax_pmem,nfit',
      'nfit                   81920  1',
      'Usage: lsmod',
      '',
    ]);
  });

  it('stays in place when the machine is reset: what was unplugged is back', async () => {
    const { stdout } = await run(
      ...['--', 'sh', '-c'],
      `modprobe -r dax_hmem; ls /dev | grep -c dax; echo 1 > /sys/kernel/debug/daxsim/reset
      ls /dev | grep dax | xargs; grep -c "System RAM" /proc/iomem; cat /sys/bus/dax/devices/dax0.0/size
      echo gone > /dev/null && ls /dev/pts/ptmx /sys/fs/cgroup > /dev/null && echo there`,
    );
    expect(stdout).toMatch(/^0\ndax0\.0 dax1\.0\n\d+\n2147483648\nthere\n$/);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('passes %s on to the command', async signal => {
    const { child, ended, said } = await start(
      `trap 'echo heard; exit 3' TERM INT HUP; echo trapped; while :; do sleep 0.05; done`,
    );
    await expect.poll(said).toContain('trapped');
    child.kill(signal);
    expect(await ended).toBe(3);
    expect(said()).toContain('heard');
  });

  it('takes everything away when it is killed', async () => {
    const { child, ended } = await start('sleep 7654321');
    await expect.poll(() => processesWith('7654321')).toBe(1);
    child.kill('SIGKILL');
    await ended;
    await expect.poll(() => processesWith('7654321')).toBe(0);
  });

  it('ends what the command left in the background, and leaves no directory', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'daxsim-test-'));
    const script = 'sleep 7654322 & exit 0';
    const args = [`TMPDIR=${directory}`, process.execPath, MAIN, 'run', '--', 'sh', '-c', script];
    expect((await program('env', args, 20_000)).status).toBe(0);
    await expect.poll(() => processesWith('7654322')).toBe(0);
    // Fails if anything is left in it.
    rmdirSync(directory);
  });

  it('mounts nothing outside of its own name space', async () => {
    const { child, ended } = await start('sleep 100');
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
    const own = readlinkSync('/proc/self/ns/mnt');
    child.kill('SIGTERM');
    await ended;
    expect(mounts).not.toContain('daxsim-run');
    expect(readlinkSync('/proc/self/ns/mnt')).toBe(own);
  });

  it('works in a user name space, as its root', async () => {
    const { stdout, status } = await run(
      '--user',
      '--',
      'sh',
      '-c',
      'id -u; cat /sys/bus/dax/devices/dax0.0/size',
    );
    expect({ stdout, status }).toEqual({ stdout: '0\n2147483648\n', status: 0 });
  });

  (root ? it : it.skip)('works for a user without any privilege, udevd included', async () => {
    const { stdout } = await program(
      'setpriv',
      [
        ...[
          '--reuid=65534',
          '--regid=65534',
          '--clear-groups',
          process.execPath,
          readableMain(),
          'run',
          '--udev',
          '--',
        ],
        ...[
          'sh',
          '-c',
          'id -u; udevadm settle && readlink /dev/char/252:0; echo online > /sys/devices/system/memory/memory80/state && cat /sys/devices/system/memory/memory80/state',
        ],
      ],
      20_000,
    );
    expect(stdout).toBe('0\n../dax0.0\nonline\n');
  });

  it('says what is wrong with what it was asked, and ends with 125 or 2', async () => {
    for (const [file, wrong] of [
      ['/no/such.rules', 'does not exist'],
      ['/etc', 'is not a file'],
      ['/etc/passwd', 'has not the suffix .rules, without which udevd ignores it'],
    ]) {
      const rules = await run('--rules', file!, '--', 'true');
      expect(rules).toEqual({ status: 125, stdout: '', stderr: `daxsim: --rules: ${file} ${wrong}\n` });
    }
    expect((await run('--root', '--user', '--', 'true')).status).toBe(2);
    const machine = await run('--machine', 'no-such-machine', '--', 'true');
    expect(machine).toMatchObject({
      status: 125,
      stderr: expect.stringContaining('no machine "no-such-machine"'),
    });
    const nowhere = await program('env', ['TMPDIR=/proc', process.execPath, MAIN, 'run', '--', 'true']);
    expect(nowhere).toEqual({
      status: 125,
      stdout: '',
      stderr: 'daxsim: /proc takes no temporary directory (ENOENT): set TMPDIR to one that does\n',
    });
  });

  (root ? it : it.skip)('fails when the serving thread does, although the command waits for it', async () => {
    const dies = 'export const createFileSystem = () => ({ get root() { process.exit(3) } })';
    const outcome = runInSandbox({
      machine: () => ({ module: `data:text/javascript,${dies}`, data: undefined }),
      command: ['true'],
      udev: undefined,
      verbose: false,
      onLog: () => {},
    });
    await expect(outcome).rejects.toThrow('the serving thread ended before the mount');
  });

  it('runs on one CPU when asked', async () => {
    const { stdout } = await run('--pin', '--', 'nproc');
    expect(stdout).toBe('1\n');
  });
});

describeClients(['script'], () => {
  it('gives a shell on a terminal job control: ^C and ^Z reach the job, and only the job', async () => {
    const command = `${process.execPath} ${MAIN} run -- bash --norc -i`;
    const child = spawn('script', ['-qfec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let screen = '';
    child.stdout.on('data', (chunk: Buffer) => {
      screen += chunk;
    });
    const ended = new Promise(done => child.on('exit', done));
    const type = async (keys: string, expected: RegExp) => {
      child.stdin.write(keys);
      await expect.poll(() => screen).toMatch(expected);
    };
    await type('echo running-$((1+1))\n', /running-2/);
    child.stdin.write('sleep 1000\n');
    await delay(300);
    await type('\x03', /\^C/);
    await type('echo status-$?\n', /status-130/);
    child.stdin.write('sleep 1001\n');
    await delay(300);
    await type('\x1a', /Stopped +sleep 1001/);
    await type('kill -9 %1; wait; echo done-$((1+1))\n', /done-2/);
    child.stdin.write('exit 4\n');
    expect(await ended).toBe(4);
  });
});
