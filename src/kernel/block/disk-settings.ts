import { type Attribute, type AttributeGroup, group } from '../fs/attribute.ts';
import { EINVAL, type Errno, isErrno } from '../lib/errno.ts';
import type { KernelProfile } from '../releases/profile.ts';

/** Settings of a disk's block layer that nothing here acts on: name, content without the newline, writable or not. */
type Setting = readonly [name: string, content: string | Errno, writable?: 'rw'];

type ByVersion<T> = Readonly<Record<KernelProfile['blockLayer'], T>>;

/** Writes to a writable one are accepted and forgotten. */
function settings<T>(list: readonly Setting[]): AttributeGroup<T> {
  const attribute = ([name, content, writable]: Setting): [string, Attribute<T>] => [
    name,
    {
      mode: writable ? 0o644 : 0o444,
      show: () => (isErrno(content) ? content : `${content}\n`),
      store: () => undefined,
    },
  ];
  return group(Object.fromEntries(list.map(attribute)), { stable: true });
}

const QUEUE: readonly Setting[] = [
  ['add_random', '0', 'rw'],
  ['chunk_sectors', '0'],
  ['discard_granularity', '0'],
  ['discard_max_bytes', '0', 'rw'],
  ['discard_max_hw_bytes', '0'],
  ['discard_zeroes_data', '0'],
  ['dma_alignment', '511'],
  ['fua', '0'],
  ['io_poll', '0', 'rw'],
  ['iostats', '0', 'rw'],
  ['max_discard_segments', '1'],
  ['max_hw_sectors_kb', '2147483647'],
  ['max_integrity_segments', '0'],
  ['max_sectors_kb', '1280', 'rw'],
  ['max_segment_size', '65536'],
  ['max_segments', '128'],
  ['nomerges', '0', 'rw'],
  ['nr_zones', '0'],
  ['optimal_io_size', '0'],
  ['read_ahead_kb', '128', 'rw'],
  ['rotational', '0', 'rw'],
  ['stable_writes', '0', 'rw'],
  ['virt_boundary_mask', '0'],
  ['write_cache', 'write back', 'rw'],
  ['write_same_max_bytes', '0'],
  ['write_zeroes_max_bytes', '0'],
  ['zone_append_max_bytes', '0'],
  ['zone_write_granularity', '0'],
  ['zoned', 'none'],
];

const NO_POLL_DELAY: Setting = ['io_poll_delay', '-1', 'rw'];

/** What a disk may be asked at once came to be larger (BLK_DEF_MAX_SECTORS_CAP). */
const LARGER_REQUESTS = QUEUE.map(
  (setting): Setting => (setting[0] === 'max_sectors_kb' ? ['max_sectors_kb', '4096', 'rw'] : setting),
);

/** block/blk-sysfs.c: before 6.5 a disk without requests had the files of request queues as well. */
export const queueSettings: ByVersion<AttributeGroup<object>> = {
  '6.1': settings([
    ...QUEUE,
    ['io_poll_delay', '0', 'rw'],
    ['nr_requests', '128', 'rw'],
    ['rq_affinity', '0', 'rw'],
    ['scheduler', 'none', 'rw'],
    ['wbt_lat_usec', EINVAL, 'rw'],
  ]),
  '6.6': settings([...QUEUE, NO_POLL_DELAY]),
  '6.12': settings([
    ...QUEUE,
    NO_POLL_DELAY,
    ['atomic_write_boundary_bytes', '0'],
    ['atomic_write_max_bytes', '0'],
    ['atomic_write_unit_max_bytes', '0'],
    ['atomic_write_unit_min_bytes', '0'],
  ]),
  '7.3': settings([
    ...LARGER_REQUESTS,
    NO_POLL_DELAY,
    ['atomic_write_boundary_bytes', '0'],
    ['atomic_write_max_bytes', '0'],
    ['atomic_write_unit_max_bytes', '0'],
    ['atomic_write_unit_min_bytes', '0'],
    ['iostats_passthrough', '0', 'rw'],
    ['max_write_streams', '0'],
    ['write_stream_granularity', '0'],
    ['write_zeroes_unmap_max_bytes', '0', 'rw'],
    ['write_zeroes_unmap_max_hw_bytes', '0'],
  ]),
};

/** block/blk-integrity.c, for a disk without: the flags were turned round in 6.11. */
const integrity = (flags: '0' | '1'): AttributeGroup<object> =>
  settings([
    ['device_is_integrity_capable', '0'],
    ['format', 'none'],
    ['protection_interval_bytes', '0'],
    ['read_verify', flags, 'rw'],
    ['tag_size', '0'],
    ['write_generate', flags, 'rw'],
  ]);

export const integritySettings: ByVersion<AttributeGroup<object>> = {
  '6.1': integrity('0'),
  '6.6': integrity('0'),
  '6.12': integrity('1'),
  '7.3': integrity('0'),
};

/** block/genhd.c: what came to a disk's own files. */
export const diskSettings: ByVersion<AttributeGroup<object>> = {
  '6.1': settings([]),
  '6.6': settings([]),
  '6.12': settings([['partscan', '1']]),
  '7.3': settings([['partscan', '1']]),
};

/** kernel/trace/blktrace.c */
export const traceSettings = settings<object>([
  ['act_mask', 'disabled', 'rw'],
  ['enable', '0', 'rw'],
  ['end_lba', 'disabled', 'rw'],
  ['pid', 'disabled', 'rw'],
  ['start_lba', 'disabled', 'rw'],
]);
