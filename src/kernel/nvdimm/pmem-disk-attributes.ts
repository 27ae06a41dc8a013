import { SECTOR } from '../block/badblocks.ts';
import { group, parsed, ro, rw } from '../fs/attribute.ts';
import { EINVAL, ENOSPC, ENXIO, type Errno, refusal } from '../lib/errno.ts';
import { dec } from '../lib/format.ts';
import { kstrtobool } from '../lib/kstrtox.ts';
import type { PmemDisk } from './pmem-disk.ts';

export const daxAttributes = group<PmemDisk>({
  write_cache: rw(
    disk => dec(Number(disk.writeCache)),
    parsed(kstrtobool, (disk, value) => {
      disk.writeCache = value;
    }),
  ),
});

/** What a disk prefers to write at once, bytes. */
const blockSize = (disk: PmemDisk): number => disk.options.bttSector ?? 4096;

export const queueAttributes = group<PmemDisk>(
  {
    dax: ro(disk => dec(Number(disk.dax))),
    hw_sector_size: ro(disk => dec(disk.sectorSize)),
    logical_block_size: ro(disk => dec(disk.sectorSize)),
    minimum_io_size: ro(disk => dec(blockSize(disk))),
    physical_block_size: ro(disk => dec(blockSize(disk))),
  },
  { stable: true },
);

const zeroes = (count: number): string => `${Array.from({ length: count }, () => '       0').join(' ')}\n`;

/** block/genhd.c */
export const diskAttributes = group<PmemDisk>({
  alignment_offset: ro(() => dec(0)),
  badblocks: rw(
    disk => (disk.isBtt ? '\n' : disk.badblocks.show()),
    (disk, text) => addBadblocks(disk, text),
  ),
  capability: ro(disk => {
    disk.block.warnOfCapability(disk);
    return dec(0);
  }),
  discard_alignment: ro(() => dec(0)),
  diskseq: ro(disk => dec(disk.sequence)),
  events: ro(() => ''),
  events_async: ro(() => ''),
  events_poll_msecs: rw(
    () => dec(-1),
    () => undefined,
  ),
  ext_range: ro(() => dec(256)),
  hidden: ro(() => dec(0)),
  inflight: ro(() => zeroes(2)),
  range: ro(() => dec(0)),
  removable: ro(() => dec(0)),
  ro: ro(disk => dec(Number(disk.readOnly))),
  size: ro(disk => dec(disk.size / SECTOR)),
  stat: ro(() => zeroes(17)),
});

/** badblocks_store: `FIRST SECTORS`, and what a newline follows. ENXIO on a btt, EINVAL for a bad format, ENOSPC when there is no room. */
function addBadblocks(disk: PmemDisk, text: string): Errno | undefined {
  if (disk.isBtt) return refusal(ENXIO, 'a btt keeps no bad blocks');
  const match = /^\s*(\d+)\s+(-?\d+)(?:\n|$)/.exec(text);
  if (!match) return refusal(EINVAL, 'FIRST SECTORS are expected, two numbers');
  const sectors = BigInt(match[2]!);
  if (sectors <= 0n) return refusal(EINVAL, 'at least one sector is expected');
  return disk.badblocks.set(BigInt(match[1]!), sectors)
    ? undefined
    : refusal(ENOSPC, 'the list of bad blocks is full');
}
