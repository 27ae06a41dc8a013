import { isErrno } from '../kernel/lib/errno.ts';
import { O_NONBLOCK, O_RDONLY } from '../kernel/lib/stat.ts';
import { CONTROL_DIRECTORY } from '../machine/control-directory.ts';
import { readToEnd } from '../user/read-to-end.ts';
import type { SystemCalls } from '../user/system-calls.ts';
import type { LogLine } from './step.ts';

const KMSG = '/dev/kmsg';

export interface JournalEntries {
  /** Header, then KEY=VALUE, of each event. */
  readonly uevents: readonly (readonly string[])[];
  readonly dmesg: readonly LogLine[];
}

/** Follows the uevents and the kernel log of a machine through its files. */
export class Journal {
  readonly #uevents: LineFollower;
  readonly #log: LineFollower;

  constructor(calls: SystemCalls) {
    this.#uevents = new LineFollower(calls, `${CONTROL_DIRECTORY}/uevents`);
    this.#log = new LineFollower(calls, KMSG);
  }

  /** What came since the last call. */
  drain(): JournalEntries {
    return { uevents: this.#uevents.lines().map(parseUevent), dmesg: parseKmsg(this.#log.lines()) };
  }
}

/** Both files have whole records of whole lines, whatever one read brings. */
class LineFollower {
  readonly #calls: SystemCalls;
  readonly #fd: number;

  constructor(calls: SystemCalls, path: string) {
    const fd = calls.open(path, O_RDONLY | O_NONBLOCK);
    if (isErrno(fd)) throw new Error(`${path}: ${fd.name}`);
    this.#calls = calls;
    this.#fd = fd;
  }

  lines(): string[] {
    const { text } = readToEnd(this.#calls, this.#fd);
    if (text === '') return [];
    return Buffer.from(text, 'latin1').toString().split('\n').slice(0, -1);
  }
}

function parseUevent(line: string): string[] {
  const { action, devpath, env } = JSON.parse(line) as { action: string; devpath: string; env: string[] };
  return [`${action}@${devpath}`, ...env];
}

/** Records as /dev/kmsg has them: `PRIORITY,SEQUENCE,TIME,FLAGS;TEXT`, then ` KEY=VALUE` lines. */
function parseKmsg(lines: readonly string[]): LogLine[] {
  const records: { prio: number; text: string; dict: string[] }[] = [];
  for (const line of lines) {
    const head = /^(\d+),\d+,\d+,[^;]*;(.*)$/.exec(line);
    if (head) records.push({ prio: Number(head[1]) & 7, text: head[2]!, dict: [] });
    else if (line.startsWith(' ')) records.at(-1)?.dict.push(line.slice(1));
  }
  return records;
}
