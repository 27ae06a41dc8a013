import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { startMount } from '../../../mount/host.ts';
import type { Session } from '../../../mount/transport.ts';
import { untestable } from '../behaviour.ts';
import { fixtureSource } from '../fixture-source.ts';
import { bash } from '../program.ts';

const refusal = await untestable('devfuse');
const mounted = refusal === undefined ? describe : describe.skip;

mounted(`what a client's action costs in requests${refusal ? `: ${refusal}` : ''}`, () => {
  const mountpoint = mkdtempSync(join(tmpdir(), 'daxsim-requests-'));
  let session: Session;

  const mount = async (cache: boolean): Promise<void> => {
    session = await startMount({
      transport: 'devfuse',
      mountpoint,
      cache,
      name: 'daxsim-test',
      fileSystem: fixtureSource(),
      onLog: () => {},
    });
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
      LOOKUP: 4,
      READLINK: 1,
      OPEN: 1,
      READ: 2,
      RELEASE: 1,
    });
    expect(await cost('cat bus/link/value')).toEqual({ OPEN: 1, READ: 2, RELEASE: 1 });
  });

  it('writes once for an `echo`, and asks for the attributes that the kernel thinks it changed', async () => {
    await mount(false);
    await cost('echo 1 > bus/gadget0/value');
    expect(await cost('echo 2 > bus/gadget0/value')).toEqual({ OPEN: 1, WRITE: 1, RELEASE: 1 });
  });

  it('asks nothing for a `stat` of what is known', async () => {
    await mount(false);
    await cost('stat bus/gadget0/value');
    expect(await cost('stat bus/gadget0/value; test -e bus/link/value')).toEqual({});
  });

  it('lists a directory with the attributes in one go, and from memory the second time', async () => {
    await mount(false);
    expect(await cost('stat bus/gadget0; find bus/gadget0 -ls')).toEqual({
      LOOKUP: 2,
      OPENDIR: 1,
      READDIRPLUS: 2,
    });
    expect(await cost('find bus/gadget0 -ls')).toEqual({});
    await cost('echo 1 > control/remove');
    expect(await cost('ls bus')).toEqual({ READDIRPLUS: 2, GETATTR: 1 });
  });

  it('asks per file of `ls -l` for nothing but the security label', async () => {
    await mount(false);
    await cost('ls -l bus/gadget0');
    expect(await cost('ls -l bus/gadget0')).toEqual({ GETXATTR: 9 });
  });

  it('asks for as many buffers of a large directory as it fills', async () => {
    await mount(false);
    const { LOOKUP = 0, READDIR = 0, READDIRPLUS = 0, GETATTR = 0 } = await cost('find many -maxdepth 1 -ls');
    expect({ LOOKUP, GETATTR }).toEqual({ LOOKUP: 1, GETATTR: 0 });
    expect(READDIR + READDIRPLUS).toBeLessThan(200);
  });

  it('reads nothing that the kernel keeps, until it changes', async () => {
    await mount(true);
    await cost('cat bus/gadget0/value bus/gadget0/stores');
    expect(await cost('cat bus/gadget0/value')).toEqual({ OPEN: 1, RELEASE: 1 });
    await cost('echo x > bus/gadget0/append');
    expect(await cost('cat bus/gadget0/value')).toEqual({ OPEN: 1, RELEASE: 1 });
    expect(await cost('cat bus/gadget0/stores')).toEqual({ OPEN: 1, GETATTR: 1, READ: 1, RELEASE: 1 });
  });
});
