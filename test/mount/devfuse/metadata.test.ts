import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../../../mount/transport.ts';
import { untestable } from '../behaviour.ts';
import { mountFixture } from '../mount-fixture.ts';
import { bash } from '../program.ts';

const refusal = await untestable('devfuse');
const mounted = refusal === undefined ? describe : describe.skip;

mounted(`what stat tells of a file${refusal ? `: ${refusal}` : ''}`, () => {
  const mountpoint = mkdtempSync(join(tmpdir(), 'daxsim-metadata-'));
  let session: Session;
  const sh = async (text: string) => (await bash(text, mountpoint)).stdout;

  beforeAll(async () => {
    session = await mountFixture({ transport: 'devfuse', mountpoint });
  });

  afterAll(async () => {
    await session.unmount();
    rmdirSync(mountpoint);
  });

  it.skipIf(process.arch !== 'x64')(
    'has the inode number of the listing, also if that came first',
    async () => {
      // getdents64 by number; `ls -i` asks stat on some systems.
      const differing = await sh(`perl -e '
      open(my $directory, "<", "bus/gadget0"); my $entries = "\\0" x 8192;
      my $length = syscall(217, fileno($directory), $entries, 8192);
      for (my $at = 0; $at < $length; $at += $size) {
        my ($ino, $next, $bytes, $type, $name) = unpack("QqSCZ*", substr($entries, $at)); our $size = $bytes;
        print "$name " if $name ne ".." && $ino != (lstat("bus/gadget0/$name"))[1];
      }
      print "of $length"'`);
      expect(differing).toMatch(/^of [1-9]/);
    },
  );

  it('has the times that were set, before the epoch too', async () => {
    expect(await sh('touch -d @-1.5 bus/gadget1/value; stat -c %.9Y bus/gadget1/value')).toBe(
      '-1.500000000\n',
    );
  });
});
