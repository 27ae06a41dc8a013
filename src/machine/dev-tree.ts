import type { DriverCore } from '../kernel/base/core.ts';
import { formatKmsg, KERN_NOTICE, type LogRecord } from '../kernel/base/printk.ts';
import { RamDirectory, RamFile, TextLink } from '../kernel/fs/ram-directory.ts';
import { StreamFile } from '../kernel/fs/stream-file.ts';

const PLACEHOLDER_FILES = ['null', 'zero', 'full', 'random', 'urandom', 'tty', 'ptmx', 'console'];
const PLACEHOLDER_DIRECTORIES = ['pts', 'shm', 'mqueue', 'hugepages'];
const LINKS = { fd: '/proc/self/fd', stdin: 'fd/0', stdout: 'fd/1', stderr: 'fd/2' };
const USER_FACILITY = 1 << 3;
const PRIORITY = /^<(\d+)>/;

/**
 * What /dev has besides the machine's devices: places over which the host's own devices can be bound.
 *
 * @param liveKmsg serve `kmsg` as the kernel does (reads wait at the end); otherwise it is a placeholder too
 */
export function addDevTree({ dev, printk }: DriverCore, liveKmsg: boolean): void {
  for (const name of PLACEHOLDER_FILES) dev.add(new RamFile(dev, name, 0o666));
  for (const name of PLACEHOLDER_DIRECTORIES) dev.add(new RamDirectory(dev.tree, dev, name));
  for (const [name, target] of Object.entries(LINKS)) dev.add(new TextLink(dev, name, target));
  if (!liveKmsg) {
    dev.add(new RamFile(dev, 'kmsg', 0o644));
    return;
  }
  dev.add(
    new StreamFile<LogRecord>(dev, 'kmsg', printk, {
      mode: 0o644,
      format: formatKmsg,
      write(data) {
        const text = Buffer.from(data).toString('utf8').trimEnd();
        const given = PRIORITY.exec(text);
        const level = given ? Number(given[1]) : KERN_NOTICE;
        printk.print(level < 8 ? USER_FACILITY | level : level, text.slice(given?.[0].length ?? 0));
        return data.length;
      },
    }),
  );
}
