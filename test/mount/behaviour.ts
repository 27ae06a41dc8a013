import { spawn } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseTransport, type TransportName } from '../../mount/host.ts';
import type { LogMessage, Session } from '../../mount/transport.ts';
import { kernfsNameHash } from '../../src/kernel/lib/name-hash.ts';
import { fixtureSource, sharedFixtureSource } from './fixture-source.ts';
import { mountFixture } from './mount-fixture.ts';
import { bash, program, script } from './program.ts';

/** Why a transport cannot show a part of the tree, in one line each; nothing where it can. */
export interface Limits {
  readonly poll?: string;
  readonly seek?: string;
  readonly splice?: string;
  readonly sync?: string;
}

/** Why this transport cannot be tested here, in one line; undefined when it can. */
export async function untestable(transport: TransportName): Promise<string | undefined> {
  return chooseTransport(transport).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

/** The rules of sysfs and of our files as programs meet them, through one transport. */
export async function describeBehaviour(transport: TransportName, limits: Limits = {}, cache = false) {
  const refusal = await untestable(transport);
  if (refusal !== undefined) {
    it.skip(`${transport}: ${refusal}`);
    return;
  }
  const root = process.getuid?.() === 0;
  const asRoot = root ? it : it.skip;
  const unless = (limit: string | undefined, name: string, test: () => Promise<void>): void => {
    if (limit === undefined) it(name, test);
    else it.skip(`${name} (${limit})`, test);
  };

  describe(`a ${transport} mount${cache ? ' that caches' : ''}`, () => {
    const mountpoint = mkdtempSync(join(tmpdir(), 'daxsim-test-'));
    const logged: LogMessage[] = [];
    let session: Session;
    const sh = async (text: string) => (await bash(text, mountpoint)).stdout;
    const js = (text: string) => script(text, mountpoint);
    const nobody = (text: string) =>
      program('setpriv', [
        '--reuid=65534',
        '--regid=65534',
        '--clear-groups',
        'bash',
        '-c',
        `cd '${mountpoint}'; ${text}`,
      ]);

    beforeAll(async () => {
      session = await mountFixture({
        transport,
        mountpoint,
        cache,
        fileSystem: transport === 'fuse-native' ? sharedFixtureSource() : fixtureSource(),
        onLog: message => logged.push(message),
      });
    });

    afterAll(async () => {
      await session?.unmount();
      rmdirSync(mountpoint);
    });

    it('shows attributes with their text', async () => {
      expect(await sh('cat bus/gadget0/value bus/link/value')).toBe('0\n0\n');
    });

    it('lists a directory in the order of the kernel’s name hash', async () => {
      const names = (await sh('ls -U bus/gadget0')).trim().split('\n');
      const byHash = names.toSorted((a, b) => kernfsNameHash(a) - kernfsNameHash(b));
      expect(names).toHaveLength(7);
      expect(names).toEqual(byHash);
    });

    it('counts subdirectories in the link count', async () => {
      expect(await sh('stat -c "%h %s %F" bus many bus/gadget0/value bus/link')).toBe(
        `4 0 directory\n2002 0 directory\n1 ${cache ? 2 : 4096} regular file\n1 0 symbolic link\n`,
      );
    });

    it('reads at offsets and in short pieces from one snapshot', async () => {
      expect(
        await js(`
          const fd = fs.openSync('bus/gadget0/long');
          result = [readAt(fd, 10, 4090), readAt(fd, 10, 4095), readAt(fd, 10, 9000), readAt(fd, 3, 0)];
        `),
      ).toEqual(['xxxxx', '', '', 'xxx']);
    });

    it('answers ENODEV on a descriptor whose object went away, and again after it came back', async () => {
      expect(
        await js(`
          fs.writeFileSync('control/add', '7');
          const fd = fs.openSync('bus/gadget7/value', 'r+');
          fs.writeFileSync('control/remove', '7');
          const gone = [readAt(fd, 10, 0), attempt(() => fs.writeSync(fd, 'x')), fs.existsSync('bus/gadget7')];
          fs.writeFileSync('control/add', '7');
          result = [...gone, readAt(fd, 10, 0), fs.readFileSync('bus/gadget7/value', 'latin1')];
          fs.writeFileSync('control/remove', '7');
        `),
      ).toEqual(['ENODEV', 'ENODEV', false, 'ENODEV', '7\n']);
    });

    it('hands each write to one store, cut to a page', async () => {
      const counts = await sh(`perl -e '
        open(my $file, ">", "bus/gadget1/append");
        print join(" ", map { syswrite($file, "x" x $_) } (1, 2, 5000, 200000));'`);
      expect(counts).toBe('1 2 4096 4096');
      expect(await sh('cat bus/gadget1/stores')).toBe('1\n2\n4096\n4096\n');
    });

    unless(limits.sync, 'lets attributes be synced, and no text that is made when it is read', async () => {
      expect(
        await js(`
          const sync = path => attempt(() => fs.fsyncSync(fs.openSync(path)) ?? 'OK');
          result = [sync('bus/gadget0/value'), sync('control/told')];
        `),
      ).toEqual(['OK', 'EINVAL']);
    });

    it('answers a short write with the count that the store took', async () => {
      const text = `open(my $file, ">", "bus/gadget0/short_write"); print syswrite($file, "abc")`;
      expect(await sh(`perl -e '${text}'`)).toBe('1');
    });

    it('makes no file larger than 2^31-1: EFBIG, after the permission', async () => {
      const grow = (size: number) => `truncate -s ${size} bus/gadget0/value 2>&1`;
      expect(await sh(grow(2 ** 31 - 1))).toBe('');
      expect(await sh(grow(2 ** 31))).toContain('File too large');
      if (process.getuid?.() === 0)
        expect((await nobody(grow(2 ** 31))).stdout).toContain('Permission denied');
    });

    it('lets the shell truncate and append without an effect of its own', async () => {
      expect(await sh('echo 5 > bus/gadget0/value; echo 6 >> bus/gadget0/value; cat bus/gadget0/value')).toBe(
        '6\n',
      );
      expect(
        await sh('truncate -s 0 bus/gadget0/value && cat bus/gadget0/value; echo 0 > bus/gadget0/value'),
      ).toBe('6\n');
    });

    it('gives the errno of a refused store, and EIO for a bug, whose stack is logged', async () => {
      expect(
        await js(`
          result = ['busy\\n', 'bug\\n'].map(text => attempt(() => fs.writeFileSync('bus/gadget0/value', text)));
        `),
      ).toEqual(['EBUSY', 'EIO']);
      await expect.poll(() => logged.some(({ level }) => level === 'error')).toBe(true);
      expect(await sh('cat bus/gadget0/value')).toBe('0\n');
    });

    asRoot('refuses root what the mode bits forbid at open', async () => {
      expect(
        await js(`
          result = [
            attempt(() => fs.openSync('bus/gadget0/stores', 'w')),
            attempt(() => fs.openSync('bus/gadget0/append', 'r')),
            attempt(() => fs.openSync('bus/gadget0/append', C.O_RDWR)),
            attempt(() => fs.openSync('bus/gadget0/append', C.O_WRONLY | C.O_CREAT | C.O_TRUNC)) > 0,
            attempt(() => fs.accessSync('bus/gadget0/stores', C.W_OK)) ?? 'ok',
          ];
        `),
      ).toEqual(['EACCES', 'EACCES', 'EACCES', true, 'ok']);
    });

    it('refuses to change the names of sysfs', async () => {
      expect(
        await js(`
          result = [
            () => fs.openSync('bus/new', 'w'),
            () => fs.mkdirSync('bus/new'),
            () => fs.mkdirSync('bus/gadget0'),
            () => fs.rmdirSync('bus/gadget0'),
            () => fs.rmdirSync('bus/gadget0/value'),
            () => fs.unlinkSync('bus/gadget0/value'),
            () => fs.unlinkSync('bus/link'),
            () => fs.renameSync('bus/gadget0', 'bus/gadget9'),
            () => fs.symlinkSync('x', 'bus/new'),
            () => fs.linkSync('bus/gadget0/value', 'bus/new'),
            () => fs.openSync('bus/' + 'n'.repeat(256)),
          ].map(attempt);
        `),
      ).toEqual([
        'EACCES',
        'EPERM',
        'EEXIST',
        'EPERM',
        'ENOTDIR',
        'EPERM',
        'EPERM',
        'EPERM',
        'EPERM',
        'EPERM',
        'ENOENT',
      ]);
    });

    it('lets programs make and remove names in /dev', async () => {
      const text = `
        cd dev && mkdir -p a/b && ln -s ../gadget0 a/l && echo hi > a/f && mv a/f a/b/g && cat a/b/g &&
        readlink a/l && rm a/b/g a/l && rmdir a/b a && ls -A`;
      expect(await sh(text)).toBe('hi\n../gadget0\ngadget0\ngadget1\n');
    });

    it('gives a device that comes again a new device number', async () => {
      const stat = 'stat -c "%t:%T %F" dev/gadget1';
      const [before, after] = (
        await sh(`${stat}; echo 1 > control/remove; echo 1 > control/add; ${stat}`)
      ).split('\n');
      expect(before).toBe('f0:1 character special file');
      expect(after).toMatch(/^f0:\w+ character special file$/);
      expect(after).not.toBe(before);
    });

    it('shows a name that came and hides one that went at once', async () => {
      const text = `
        for i in 1 2 3; do
          [ -e bus/gadget20 ]; echo -n $?; echo 20 > control/add; [ -e bus/gadget20 ]; echo -n $?
          cat bus/gadget20/value > /dev/null; echo 20 > control/remove
        done; stat -c " %h" bus`;
      expect(await sh(text)).toBe('101010 4\n');
    });

    it('reports a directory of thousands once each', async () => {
      const names = (await sh('ls -l many')).trim().split('\n').slice(1);
      expect(new Set(names.map(line => line.split(' ').at(-1))).size).toBe(2000);
    });

    it('survives thousands of open files', async () => {
      expect(
        await js(`
          const fds = [];
          for (let i = 0; i < 3000; i++) {
            const fd = attempt(() => fs.openSync('bus/gadget0/value'));
            if (typeof fd !== 'number') break;
            fds.push(fd);
          }
          result = new Set(fds.map(fd => readAt(fd, 10, 0))).size;
        `),
      ).toBe(1);
    });

    asRoot('keeps chmod and chown while the object lives', async () => {
      expect(
        await sh(
          'chmod 600 bus/gadget1/value; chown 1:2 bus/gadget1/value; stat -c "%a %u %g" bus/gadget1/value',
        ),
      ).toBe('600 1 2\n');
      expect(
        await sh('echo 1 > control/remove; echo 1 > control/add; stat -c "%a %u" bus/gadget1/value'),
      ).toBe('644 0\n');
    });

    it('walks the whole tree without an error', async () => {
      const { status, stderr } = await bash(
        'find . -path ./many -prune -o -type f -perm -400 ! -name follow -exec cat {} + > /dev/null && ls -lR > /dev/null',
        mountpoint,
      );
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    });

    asRoot('lets the caller’s user decide', async () => {
      const { stdout } = await nobody(`
        cat bus/gadget0/value
        cat bus/gadget0/secret 2>&1; { echo 1 > bus/gadget0/value; } 2>&1; mkdir bus/x 2>&1; ls private 2>&1; ls private/inner 2>&1
        echo said > control/say; echo $?; chmod 777 bus 2>&1`);
      expect(stdout.replaceAll(/^bash: line \d+: |[‘’']/gm, '')).toBe(
        [
          '0',
          'cat: bus/gadget0/secret: Permission denied',
          'bus/gadget0/value: Permission denied',
          'mkdir: cannot create directory bus/x: Permission denied',
          'ls: cannot open directory private: Permission denied',
          'ls: cannot access private/inner: Permission denied',
          '0',
          'chmod: changing permissions of bus: Operation not permitted',
          '',
        ].join('\n'),
      );
    });

    asRoot('counts the supplementary groups of the caller', async () => {
      const member = (text: string) =>
        program('setpriv', [
          ...['--reuid=65534', '--regid=65534', '--groups=4321'],
          ...['bash', '-c', `cd '${mountpoint}'; ${text}`],
        ]);
      await sh('chgrp 4321 bus/gadget1/value; chmod 660 bus/gadget1/value');
      expect((await member('cat bus/gadget1/value; echo 1 > bus/gadget1/value')).status).toBe(0);
      expect((await nobody('cat bus/gadget1/value')).status).toBe(1);
      await sh('chgrp 0 bus/gadget1/value; chmod 644 bus/gadget1/value');
    });

    it('keeps trusted attributes and refuses user ones', async () => {
      // The system calls by number (x86-64): setxattr, getxattr, listxattr, removexattr.
      const text = `perl -e '
        my %text = map { $_ => $_ } qw(trusted.a trusted.none user.a bee bus/gadget0);
        my ($value, $list) = (" " x 9, " " x 64);
        sub call { my $number = shift; my $result = syscall($number, $text{"bus/gadget0"}, @_); $result < 0 ? $!+0 : $result }
        print join(" ",
          call(188, $text{"trusted.a"}, $text{bee}, 3, 0), call(191, $text{"trusted.a"}, $value, 9), $value,
          call(188, $text{"user.a"}, $text{bee}, 1, 0), call(191, $text{"trusted.none"}, $value, 9),
          call(194, $list, 64), call(197, $text{"trusted.a"}), call(197, $text{"trusted.a"}));'`;
      const [EOPNOTSUPP, ENODATA] = [95, 61];
      const refusals = `${EOPNOTSUPP} ${ENODATA}`;
      if (process.arch === 'x64' && process.getuid?.() === 0) {
        expect(await sh(text)).toBe(`0 3 bee       ${refusals} 10 0 ${ENODATA}`);
      }
    });

    unless(limits.seek, 'seeks to the end, to data and to the hole as in a file of its st_size', async () => {
      const [SEEK_END, SEEK_DATA, SEEK_HOLE] = [2, 3, 4];
      const seek = (offset: number, whence: number) => `(sysseek($f, ${offset}, ${whence}) || "$!")+0`;
      const text = `open(my $f, "<", "bus/gadget0/value"); print join(" ",
        ${seek(0, SEEK_END)}, ${seek(100, SEEK_DATA)}, ${seek(0, SEEK_HOLE)}, 
        map { sysseek($f, $_, ${SEEK_DATA}) ? 1 : $!{ENXIO} ? 0 : 2 } (5000, 2**31, -1))`;
      if (!cache) expect(await sh(`perl -e '${text}'`)).toBe('4096 100 4096 0 0 0');
    });

    it('refuses O_DIRECT', async () => {
      expect(
        await js(`result = attempt(() => fs.openSync('bus/gadget0/value', C.O_RDONLY | C.O_DIRECT))`),
      ).toBe('EINVAL');
    });

    unless(limits.poll, 'tells a poller once what it did not read yet, and wakes it', async () => {
      const text = `
        sub ready { my ($f, $seconds) = @_; my $e = ""; vec($e, fileno($f), 1) = 1; scalar select(undef, undef, $e, $seconds) }
        open(my $f, "<", "bus/gadget0/wakes");
        print "unread ", ready($f, 0); sysread($f, my $text, 99); print " read ", ready($f, 0), "\n";
        $| = 1; print "woken ", ready($f, 5), "\n";`;
      expect(await sh(`perl -e '${text}' & sleep 0.3; echo 1 > bus/gadget0/wakes; wait`)).toBe(
        'unread 1 read 0\nwoken 1\n',
      );
    });

    unless(limits.poll, 'tells a poller of no change when another reader’s pages answered it', async () => {
      const text = `
        open(my $f, "<", "bus/gadget40/value"); sysread($f, my $text, 99); my $e = ""; vec($e, fileno($f), 1) = 1;
        print $text, scalar select(undef, undef, $e, 0)`;
      expect(await sh(`echo 40 > control/add; cat bus/gadget40/value; perl -e '${text}'`)).toBe('40\n40\n0');
    });

    it('tells the size and the pages that a file has now, also to who has it open', async () => {
      expect(
        await js(`
          const fd = fs.openSync('control/pages');
          const look = () => [fs.statSync('control/pages').size, readAt(fd, 2, 0), readAt(fd, 2, 8190)];
          const answers = look();
          fs.writeFileSync('control/resize', '3');
          answers.push(...look());
          fs.writeFileSync('control/resize', '2');
          result = [...answers, ...look()];
        `),
      ).toEqual([4096, '11', '', 12288, '33', '33', 8192, '22', '22']);
    });

    it('ends a text where it ends for who had it open when nobody could read it any more', async () => {
      const size = cache ? 3 : 4096;
      expect(await sh('echo 41 > control/add; cat bus/gadget41/value')).toBe('41\n');
      expect(
        await js(`
          const path = 'bus/gadget41/value';
          const fd = fs.openSync(path);
          const answers = [readAt(fd, 4096, 0), fs.statSync(path).size];
          fs.chmodSync(path, 0o200);
          answers.push(attempt(() => fs.openSync(path)), fs.statSync(path).size, readAt(fd, 4096, 0));
          fs.chmodSync(path, 0o644);
          result = [...answers, fs.statSync(path).size, readAt(fd, 4096, 0)];
        `),
      ).toEqual(['41\n', size, 'EACCES', 4096, '41\n', size, '41\n']);
    });

    unless(limits.splice, 'gives sendfile(2) the whole text: of no size, grown, just written', async () => {
      // The system call by its number on x86-64.
      const sent = (path: string) =>
        `perl -e 'open(my $f, "<", "${path}"); syscall(40, 1, fileno($f), 0, 9999)'`;
      const compare = (path: string) => `diff <(${sent(path)}) ${path}`;
      const [value, told] = ['bus/gadget42/value', 'control/told'];
      const text = `
        echo 42 > control/add; ${compare(told)}; ${compare(value)}
        printf 123 1<>${value}; ${compare(value)}
        echo 4 > ${value}; ${compare(value)}; stat -c %s ${value}
        echo 50 > control/add; ${compare(told)}
        stat -c %s ${value} ${told}; ${compare(told)}
        echo 50 > control/remove; ${compare(told)}; echo 42 > control/remove`;
      const size = cache ? 2 : 4096;
      if (process.arch === 'x64') expect(await sh(text)).toBe(`${size}\n${size}\n0\n`);
    });

    it('makes a follower wait, wakes it, and lets a signal end it', async () => {
      const follower = spawn('cat', [`${mountpoint}/control/follow`], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let text = '';
      follower.stdout.on('data', (chunk: Buffer) => {
        text += chunk;
      });
      await expect.poll(() => text).toContain('add 0\n');
      expect(await sh('cat bus/gadget0/value; echo hello there > control/say')).toBe('0\n');
      await expect.poll(() => text).toContain('hello there\n');
      follower.kill('SIGTERM');
      const signal = await new Promise(done => follower.on('exit', (_status, by) => done(by)));
      expect(signal).toBe('SIGTERM');
      expect(await sh('cat bus/gadget0/value')).toBe('0\n');
    });

    it('lets tail -f follow a log, from its last lines on', async () => {
      await sh('echo so far > control/say');
      const tail = spawn('tail', ['-n', '1', '-s', '0.05', '-f', `${mountpoint}/control/log`], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let text = '';
      for (const output of [tail.stdout, tail.stderr]) output.on('data', chunk => (text += chunk));
      await expect.poll(() => text).toBe('so far\n');
      await sh('echo and on > control/say');
      await expect.poll(() => text).toBe('so far\nand on\n');
      tail.kill();
    });

    it('outlives clients that are killed in the middle of a call', async () => {
      const clients = Array.from({ length: 8 }, () =>
        spawn('bash', ['-c', 'while :; do cat bus/gadget*/value > /dev/null; echo 30 > control/say; done'], {
          cwd: '/',
          env: { ...process.env, PWD: mountpoint },
          stdio: 'ignore',
        }),
      );
      await delay(200);
      for (const client of clients) client.kill('SIGKILL');
      expect(await sh('cat bus/gadget0/value')).toBe('0\n');
    });
  });
}
