import { isErrno, type Result } from '../../kernel/lib/errno.ts';
import { O_RDONLY, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../kernel/lib/stat.ts';
import { readToEnd } from '../../user/read-to-end.ts';
import type { Entry, SystemCalls } from '../../user/system-calls.ts';
import { deviceText, dumpLine, fileText, linkText } from './dump-line.ts';

/** The lines of a dump by what they describe: a path, or a line of a /proc file. */
export type Dump = ReadonlyMap<string, string>;

/** What a dump covers: a directory, and which of its entries. Everything below an entry belongs to it. */
export const ROOTS: readonly {
  readonly directory: string;
  readonly entries: RegExp;
  readonly target?: RegExp;
}[] = [
  { directory: '/dev', entries: /^(dax|pmem)\d/ },
  { directory: '/sys/bus', entries: /^(dax|memory|memory_tiering|nd|node)$/ },
  { directory: '/sys/bus/platform/devices', entries: /^hmem/ },
  { directory: '/sys/bus/platform/drivers', entries: /^hmem/ },
  { directory: '/sys/class', entries: /^dax$/ },
  { directory: '/sys/dev/char', entries: /^/, target: /\/dax\d+\.\d+$/ },
  { directory: '/sys/devices/LNXSYSTM:00/LNXSYBUS:00/ACPI0012:00', entries: /^ndbus/ },
  { directory: '/sys/devices/platform', entries: /^(hmem|e820_pmem)/ },
  { directory: '/sys/devices/platform/ACPI0012:00', entries: /^ndbus/ },
  { directory: '/sys/devices/system', entries: /^(memory|node)$/ },
  { directory: '/sys/devices/virtual', entries: /^memory_tiering$/ },
  { directory: '/sys/kernel/mm', entries: /^(hugepages|numa)$/ },
  {
    directory: '/sys/module',
    entries:
      /^(dax_\w+|device_dax|device_hmem|fsdev_dax|kmem|libnvdimm|memory_hotplug|nd_pmem|nfit|page_reporting)$/,
  },
];

/** Directories that are listed without their content. */
export const CLOSED = /^\/sys\/module\/\w+\/(notes|sections)$/;

/** Everything in scope, as the recorder writes it. */
export function takeDump(calls: SystemCalls): Dump {
  const lines = new Map<string, string>();
  for (const { directory, entries, target } of ROOTS) {
    for (const { name } of listing(calls, directory)) {
      if (!entries.test(name)) continue;
      const path = `${directory}/${name}`;
      if (target && !target.test(orEmpty(calls.readlink(path)))) continue;
      addTree(calls, path, lines);
    }
  }
  for (const name in PROC_FILES) addProcLines(lines, name, readFile(calls, `/proc/${name}`));
  return lines;
}

/** Dump lines with their keys, from the text of a dump file. */
export function parseDump(text: string): Dump {
  const lines = new Map<string, string>();
  for (const line of text.split('\n')) if (line !== '') add(lines, keyOf(line), line);
  return lines;
}

/** The words of a line that stand before its path: type, mode, owner, size and links. */
const WORDS_BEFORE_PATH = 5;

/** What a line describes: its path, or, of a /proc file, the whole line. */
export function keyOf(line: string): string {
  if (line.startsWith('/proc/')) return line;
  let start = 0;
  for (let word = 0; word < WORDS_BEFORE_PATH; word++) start = line.indexOf(' ', start) + 1;
  const end = line.indexOf(' ', start);
  return line.slice(start, end < 0 ? line.length : end);
}

/** Equal lines of a file (two resources of one name and range) are different things. */
function add(lines: Map<string, string>, key: string, line: string): void {
  let unique = key;
  for (let copy = 2; lines.has(unique); copy++) unique = `${key}#${copy}`;
  lines.set(unique, line);
}

function addTree(calls: SystemCalls, path: string, lines: Map<string, string>): void {
  const status = calls.lstat(path);
  if (isErrno(status)) return;
  const type = status.mode & S_IFMT;
  const content =
    type === S_IFREG
      ? fileContent(calls, path)
      : type === S_IFLNK
        ? linkText(calls.readlink(path))
        : type === S_IFDIR
          ? ''
          : deviceText(status.rdev);
  lines.set(path, dumpLine(path, status, content));
  if (type !== S_IFDIR || CLOSED.test(path)) return;
  for (const { name } of listing(calls, path)) addTree(calls, `${path}/${name}`, lines);
}

function fileContent(calls: SystemCalls, path: string): string {
  const fd = calls.open(path, O_RDONLY);
  if (isErrno(fd)) return fileText('open', fd);
  const { text, error } = readToEnd(calls, fd);
  calls.close(fd);
  return fileText('read', error ?? text);
}

function readFile(calls: SystemCalls, path: string): string {
  const fd = calls.open(path, O_RDONLY);
  if (isErrno(fd)) return '';
  const { text, error } = readToEnd(calls, fd);
  calls.close(fd);
  return error ? '' : text;
}

/** The /proc files that a dump has lines of. */
export const PROC_FILES: Readonly<Record<string, (text: string) => Iterable<string>>> = {
  iomem: text => wholeLines(text),
  modules: text => wholeLines(text),
  meminfo: text => text.split('\n').filter(line => /^(MemTotal|HugePages_Total):/.test(line)),
  zoneinfo: zones,
};

/** The lines of one /proc file of a dump. */
export function addProcLines(lines: Map<string, string>, name: string, text: string): void {
  for (const part of PROC_FILES[name]!(text)) {
    const line = `/proc/${name}: ${part}`;
    add(lines, line, line);
  }
}

function wholeLines(text: string): string[] {
  return text.split('\n').flatMap(line => (line === '' ? [] : `|${line}`));
}

/** `Node N, zone NAME spanned … present … managed … start_pfn …` of each zone that has memory. */
export function* zones(zoneinfo: string): Generator<string> {
  for (const text of zoneinfo.split(/^(?=Node )/m)) {
    const start = /^ +start_pfn: +(\d+)$/m.exec(text)?.[1];
    if (start === undefined) continue;
    const [, spanned, present, managed] =
      /^ +spanned +(\d+)\n +present +(\d+)\n +managed +(\d+)$/m.exec(text) ?? [];
    const zone = text.slice(0, text.indexOf('\n'));
    yield `${zone} spanned ${spanned} present ${present} managed ${managed} start_pfn ${start}`;
  }
}

function listing(calls: SystemCalls, path: string): Entry[] {
  const entries = calls.readdir(path);
  return isErrno(entries) ? [] : entries.filter(({ name }) => name !== '.' && name !== '..');
}

function orEmpty(text: Result<string>): string {
  return isErrno(text) ? '' : text;
}

/** What one thing of a dump was and is; without a side, it came or went. */
export interface LineChange {
  readonly key: string;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

export function dumpChanges(before: Dump, after: Dump): LineChange[] {
  const changes: LineChange[] = [];
  for (const [key, old] of before) {
    const now = after.get(key);
    if (now !== old) changes.push({ key, before: old, after: now });
  }
  for (const [key, now] of after) if (!before.has(key)) changes.push({ key, after: now });
  return changes;
}
