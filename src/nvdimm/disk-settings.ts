import { type Attribute, type AttributeGroup, group } from '../fs/attribute.ts';

/** Settings of a disk's block layer that nothing here acts on: name, content without the newline, writable or not. */
type Setting = readonly [name: string, content: string, writable?: 'rw'];

/** Writes to a writable one are accepted and forgotten. */
function settings<T>(list: readonly Setting[]): AttributeGroup<T> {
  const attribute = ([name, content, writable]: Setting): [string, Attribute<T>] => [
    name,
    { mode: writable ? 0o644 : 0o444, show: () => `${content}\n`, store: () => undefined },
  ];
  return group(Object.fromEntries(list.map(attribute)), { stable: true });
}

/** block/blk-sysfs.c */
export const queueSettings = settings<object>([
  ['add_random', '0', 'rw'],
  ['atomic_write_boundary_bytes', '0'],
  ['atomic_write_max_bytes', '0'],
  ['atomic_write_unit_max_bytes', '0'],
  ['atomic_write_unit_min_bytes', '0'],
  ['chunk_sectors', '0'],
  ['discard_granularity', '0'],
  ['discard_max_bytes', '0', 'rw'],
  ['discard_max_hw_bytes', '0'],
  ['discard_zeroes_data', '0'],
  ['dma_alignment', '511'],
  ['fua', '0'],
  ['io_poll', '0', 'rw'],
  ['io_poll_delay', '-1', 'rw'],
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
]);

/** block/blk-integrity.c */
export const integritySettings = settings<object>([
  ['device_is_integrity_capable', '0'],
  ['format', 'none'],
  ['protection_interval_bytes', '0'],
  ['read_verify', '1', 'rw'],
  ['tag_size', '0'],
  ['write_generate', '1', 'rw'],
]);

/** kernel/trace/blktrace.c */
export const traceSettings = settings<object>([
  ['act_mask', 'disabled', 'rw'],
  ['enable', '0', 'rw'],
  ['end_lba', 'disabled', 'rw'],
  ['pid', 'disabled', 'rw'],
  ['start_lba', 'disabled', 'rw'],
]);
