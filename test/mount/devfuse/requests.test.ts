import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Session } from '../../../mount/transport.ts';
import { untestable } from '../behaviour.ts';
import { mountFixture } from '../mount-fixture.ts';
import { bash } from '../program.ts';

const refusal = await untestable('devfuse');
const mounted = refusal === undefined ? describe : describe.skip;

mounted(`what a client's action costs in requests${refusal ? `: ${refusal}` : ''}`, () => {
  const mountpoint = mkdtempSync(join(tmpdir(), 'daxsim-requests-'));
  let session: Session;

  const mount = async (cache: boolean): Promise<void> => {
    session = await mountFixture({ transport: 'devfuse', mountpoint, cache });
    // What the kernel asks once and never again: FLUSH, OPENDIR, STATX and the like.
    await bash('stat . > /dev/null; ls bus/gadget1 > /dev/null; cat bus/gadget1/* > /dev/null', mountpoint);
  };

  afterEach(async () => {
    await session.unmount();
  });

  afterAll(() => rmdirSync(mountpoint));

  /** RELEASE comes after the client went on: waits until the counters rest. */
  const settled = async () => {
    let last = session.statistics();
    for (;;) {
      await delay(30);
      const now = session.statistics();
      if (JSON.stringify(now) === JSON.stringify(last)) return now;
      last = now;
    }
  };

  const cost = async (action: string) => {
    const before = await settled();
    await bash(`{ ${action}; } > /dev/null`, mountpoint);
    const after = await settled();
    const counts = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
    return Object.fromEntries(counts.filter(([, count]) => count !== 0));
  };

  it('opens, reads to the end and releases for a `cat` by a path that is known', async () => {
    await mount(false);
    expect(await cost('cat bus/link/value')).toEqual({
      LOOKUP: 3,
      READLINK: 1,
      OPEN: 1,
      READ: 2,
      RELEASE: 1,
    });
    // A read makes the kernel doubt the access time, for which the fstat of `cat` asks.
    expect(await cost('cat bus/link/value')).toEqual({ GETATTR: 1, OPEN: 1, READ: 2, RELEASE: 1 });
  });

  it('writes once for an `echo`', async () => {
    await mount(false);
    await cost('echo 1 > bus/gadget0/value');
    // O_TRUNC makes the kernel look for security.capability, and a write makes it doubt size and times.
    const truncating = { GETATTR: 1, GETXATTR: 1, OPEN: 1, WRITE: 1, RELEASE: 1 };
    expect(await cost('echo 2 > bus/gadget0/value')).toEqual(truncating);
  });

  it('asks nothing for a `stat` of what is known', async () => {
    await mount(false);
    await cost('stat bus/link/value');
    expect(await cost('stat bus/link/value; test -e bus/gadget0')).toEqual({});
  });

  it('lists a directory with the attributes in one go, and from memory the second time', async () => {
    await mount(false);
    await cost('find bus/gadget1 -ls');
    expect(await cost('find bus/gadget0 -ls')).toEqual({ LOOKUP: 1, READDIRPLUS: 2, STATFS: 1 });
    expect(await cost('ls bus/gadget0')).toEqual({ GETATTR: 1 });
    expect(await cost('ls bus/gadget0; stat bus/gadget0/*')).toEqual({});
  });

  it('reads a listing again after a name came or went', async () => {
    await mount(false);
    await cost('ls bus; ls bus');
    await cost('echo 1 > control/remove');
    expect(await cost('ls bus')).toEqual({ GETATTR: 1, READDIRPLUS: 2 });
    await cost('echo 1 > control/add');
    expect((await bash('ls -U bus | wc -l', mountpoint)).stdout).toBe('3\n');
  });

  it('asks for the start of a listing again while nobody reads it to its end, as lsmem does not', async () => {
    await mount(false);
    const start = `perl -e 'opendir(my $d, "bus/gadget0"); readdir($d)'`;
    await cost(start);
    // The kernel keeps whole listings only, and reading one makes it doubt the access time that opendir looks at.
    expect(await cost(start)).toEqual({ GETATTR: 1, READDIRPLUS: 1 });
    await cost('ls bus/gadget0');
    await cost(start);
    expect(await cost(start)).toEqual({});
  });

  it('tells with the start of a listing what a read made doubtful', async () => {
    await mount(false);
    await cost('cat bus/gadget0/value');
    await cost(`perl -e 'opendir(my $d, "bus/gadget0"); readdir($d)'`);
    expect(await cost('stat bus/gadget0/value')).toEqual({});
  });

  it('tells anew with one large listing the attributes that a sweep over its entries made doubtful', async () => {
    await mount(false);
    const sweep = 'ls many/*';
    await cost(sweep);
    const { READDIRPLUS = 0, GETATTR = 0, ...others } = await cost(sweep);
    expect(others).toEqual({});
    expect(READDIRPLUS + GETATTR).toBeLessThan(100);
  });

  it('asks for each file of `ls -l` for nothing but the security label', async () => {
    await mount(false);
    await cost('ls -l bus/gadget0; ls -l bus/gadget0');
    const [directoryAndFiles, accessList] = [8, 1];
    // coreutils 9.7 asks for the names of all labels at once.
    const requests = [{ GETXATTR: directoryAndFiles + accessList }, { LISTXATTR: directoryAndFiles }];
    expect(requests).toContainEqual(await cost('ls -l bus/gadget0'));
  });

  it('asks for as many buffers of a large directory as it fills, and for no entry by itself', async () => {
    await mount(false);
    const { READDIRPLUS = 0, ...others } = await cost('find many -maxdepth 1 -ls');
    expect(others).toEqual({ LOOKUP: 1 });
    expect(READDIRPLUS).toBeLessThan(100);
  });

  it('reads nothing that the kernel keeps, until it changes', async () => {
    await mount(true);
    await cost('cat bus/gadget0/value bus/gadget0/stores; cat bus/gadget0/value bus/gadget0/stores');
    expect(await cost('cat bus/gadget0/value')).toEqual({ OPEN: 1, RELEASE: 1 });
    await cost('echo x > bus/gadget0/append');
    expect(await cost('cat bus/gadget0/value')).toEqual({ OPEN: 1, RELEASE: 1 });
    // For a second after a change, everybody reads past the page cache.
    expect(await cost('cat bus/gadget0/stores')).toEqual({ OPEN: 1, GETATTR: 1, READ: 2, RELEASE: 1 });
    await delay(1000);
    await cost('cat bus/gadget0/stores; cat bus/gadget0/stores');
    expect(await cost('cat bus/gadget0/stores')).toEqual({ OPEN: 1, RELEASE: 1 });
  });
});
