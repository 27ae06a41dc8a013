import type { DriverCore } from '../kernel/base/core.ts';
import { formatKmsg, KERN_NOTICE, type LogRecord, type Printk } from '../kernel/base/printk.ts';
import { MEMORY_DEVICES, MemoryDevice } from '../kernel/fs/memory-device.ts';
import { RamDirectory, TextLink } from '../kernel/fs/ram-directory.ts';
import { StreamFile } from '../kernel/fs/stream-file.ts';
import { EINVAL, type Result } from '../kernel/lib/errno.ts';

const PLACEHOLDER_DIRECTORIES = ['pts', 'shm', 'mqueue', 'hugepages'];
const LINKS = { fd: '/proc/self/fd', stdin: 'fd/0', stdout: 'fd/1', stderr: 'fd/2' };
const USER_FACILITY = 1 << 3;
const PRIORITY = /^<(\d+)>/;
/** PRINTKRB_RECORD_MAX, LOG_LINE_MAX before: bytes of one record. */
const RECORD_MAX = 1024;

/**
 * What /dev has besides the machine's devices: places over which the host's own devices can be bound.
 *
 * @param liveKmsg serve `kmsg` as the kernel does (reads wait at the end); otherwise reads find nothing
 */
export function addDevTree({ dev, printk }: DriverCore, liveKmsg: boolean): void {
  for (const [name, operations] of Object.entries(MEMORY_DEVICES))
    dev.add(new MemoryDevice(dev, name, 0o666, operations));
  for (const name of PLACEHOLDER_DIRECTORIES) dev.add(new RamDirectory(dev.tree, dev, name));
  for (const [name, target] of Object.entries(LINKS)) dev.add(new TextLink(dev, name, target));
  const write = (data: Uint8Array) => writeKmsg(printk, data);
  if (liveKmsg)
    dev.add(new StreamFile<LogRecord>(dev, 'kmsg', printk, { mode: 0o644, format: formatKmsg, write }));
  else dev.add(new MemoryDevice(dev, 'kmsg', 0o644, { write }));
}

/** devkmsg_write: one record, EINVAL for a longer one. */
function writeKmsg(printk: Printk, data: Uint8Array): Result<number> {
  if (data.length > RECORD_MAX) return EINVAL;
  const text = Buffer.from(data).toString('utf8').trimEnd();
  const given = PRIORITY.exec(text);
  const level = given ? Number(given[1]) : KERN_NOTICE;
  printk.print(level < 8 ? USER_FACILITY | level : level, text.slice(given?.[0].length ?? 0));
  return data.length;
}
