import { RecordRing } from './record-ring.ts';

/** kern_levels.h */
export const KERN_ERR = 3;
export const KERN_WARNING = 4;
export const KERN_NOTICE = 5;
export const KERN_INFO = 6;

export interface LogRecord {
  readonly sequence: number;
  /** Microseconds since boot. */
  readonly time: number;
  /** Facility and level, `facility << 3 | level`, as in /dev/kmsg. */
  readonly priority: number;
  readonly text: string;
  /** `KEY=value` pairs of dev_printk: SUBSYSTEM, DEVICE. */
  readonly dictionary: readonly string[];
}

const CAPACITY = 16384;

/** The simulated kernel log. */
export class Printk extends RecordRing<LogRecord> {
  readonly #clock: () => bigint;
  readonly #boot: bigint;
  readonly #warned = new Set<string>();

  readonly #siteFirst: boolean;

  /**
   * @param clock nanoseconds; the log counts from its first value
   * @param siteFirst how warnings are worded, see KernelProfile
   */
  constructor(clock: () => bigint, siteFirst = false) {
    super(CAPACITY);
    this.#siteFirst = siteFirst;
    this.#clock = clock;
    this.#boot = clock();
  }

  /** WARN_ONCE: the report the first time that the site is reached, then nothing. */
  warnOnce(site: string, text?: string): void {
    if (this.#warned.has(site)) return;
    this.#warned.add(site);
    this.warn(site, text);
  }

  /** WARN at `FILE:LINE SYMBOL`: the whole report, of which WARN_ON leaves out the text. */
  warn(site: string, text?: string): void {
    this.print(this.#siteFirst ? KERN_INFO : KERN_WARNING, '------------[ cut here ]------------');
    if (text !== undefined) this.print(KERN_WARNING, text);
    const [place, symbol] = site.split(' ');
    const where = this.#siteFirst
      ? `WARNING: ${place} at ${symbol}+0x0/0x0, CPU#0: daxsim/1`
      : `WARNING: CPU: 0 PID: 1 at ${site}+0x0/0x0`;
    this.print(KERN_WARNING, where);
    this.print(KERN_WARNING, '---[ end trace 0000000000000000 ]---');
  }

  print(priority: number, text: string, dictionary: readonly string[] = []): void {
    const time = Number((this.#clock() - this.#boot) / 1000n);
    this.push({ sequence: this.next, time, priority, text, dictionary });
  }
}

/** kernel/printk/printk.c `msg_print_ext_header` and `_body`: one record of /dev/kmsg. */
export function formatKmsg(record: LogRecord): string {
  const dictionary = record.dictionary.map(pair => ` ${pair}\n`).join('');
  return `${record.priority},${record.sequence},${record.time},-;${record.text}\n${dictionary}`;
}

/** `[    5.123456] text`, as dmesg prints. */
export function formatLogLine(record: LogRecord): string {
  const seconds = Math.floor(record.time / 1e6);
  const micros = String(record.time % 1e6).padStart(6, '0');
  return `[${String(seconds).padStart(5)}.${micros}] ${record.text}\n`;
}
