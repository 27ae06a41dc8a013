import { type Errno, isErrno, type Result } from '../../../lib/errno.ts';
import {
  O_RDONLY,
  O_WRONLY,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from '../../../lib/stat.ts';
import { hasRecipe, runNdctl } from '../../ndctl/ndctl.ts';
import { type ReadText, readToEnd } from '../read-to-end.ts';
import type { FileStatus, SystemCalls } from '../system-calls.ts';
import { UnsupportedSyntax } from './parse.ts';

export interface Output {
  stdout: string;
  stderr: string;
  status: number;
}

export interface Context {
  readonly calls: SystemCalls;
  readonly stdin: () => string;
  readonly path: (path: string) => string;
}

type Program = (args: readonly string[], context: Context) => Output;

const CONTROL = '/sys/kernel/debug/daxsim';
const ERROR_TEXTS: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EIO: 'Input/output error',
  EISDIR: 'Is a directory',
  ENOTDIR: 'Not a directory',
  EINVAL: 'Invalid argument',
  EBUSY: 'Device or resource busy',
  ENODEV: 'No such device',
  ENXIO: 'No such device or address',
};

export function describe(errno: Errno): string {
  return ERROR_TEXTS[errno.name] ?? errno.name;
}

/** The programs of the shell, with the messages of busybox, in which the recordings were made. */
export const programs: Readonly<Record<string, Program>> = {
  true: () => printed(''),
  ':': () => printed(''),
  false: () => ({ stdout: '', stderr: '', status: 1 }),
  echo: args => (args[0] === '-n' ? printed(args.slice(1).join(' ')) : printed(`${args.join(' ')}\n`)),
  seq: args => {
    const [first, last] = args.length === 1 ? [1, Number(args[0])] : [Number(args[0]), Number(args.at(-1))];
    return printed(lines(Array.from({ length: last - first + 1 }, (_, i) => String(first + i))));
  },
  cat: (args, context) => {
    if (args.length === 0) return printed(context.stdin());
    const output = printed('');
    for (const path of args) {
      const { text, opened, error } = readFile(context.calls, context.path(path));
      output.stdout += text;
      if (!error) continue;
      output.status = 1;
      output.stderr += opened
        ? `cat: read error: ${describe(error)}\n`
        : `cat: can't open '${path}': ${describe(error)}\n`;
    }
    return output;
  },
  head: (args, context) => printed(lines(split(context.stdin()).slice(0, countOption(args)))),
  tail: (args, context) => printed(lines(split(context.stdin()).slice(-countOption(args)))),
  sort: (_args, context) => printed(lines(split(context.stdin()).sort())),
  grep,
  sed,
  readlink: (args, { calls, path }) => {
    const follow = args[0] === '-f';
    const name = path(args.at(-1)!);
    const target = follow ? realPath(calls, name) : calls.readlink(name);
    return isErrno(target) ? { stdout: '', stderr: '', status: 1 } : printed(`${target}\n`);
  },
  stat: ([option, format, name], { calls, path }) => {
    if (option !== '-c' || format !== '%a') throw new UnsupportedSyntax('stat');
    const status = calls.lstat(path(name!));
    return isErrno(status)
      ? failed('stat', name!, status)
      : printed(`${(status.mode & 0o7777).toString(8)}\n`);
  },
  find: (args, { calls, path }) => {
    const option = args.findIndex(arg => arg.startsWith('-'));
    if (args.slice(option).join(' ') !== '-type f') throw new UnsupportedSyntax('find');
    return printed(lines(args.slice(0, option).flatMap(root => [...filesBelow(calls, path(root))])));
  },
  ls: list,
  lsmod: (_args, { calls }) => {
    const rows = split(readFile(calls, '/proc/modules').text).map(line => {
      const [name, size, references, users] = line.split(' ');
      const holders = users === '-' ? '' : users!.replace(/,$/, '');
      return `${name!.padEnd(19)} ${size!.padStart(8)} ${references!.padStart(2)} ${holders}`;
    });
    return printed(lines(['Module                  Size  Used by    ', ...rows]));
  },
  modprobe: (args, { calls }) =>
    control(calls, 'modprobe', args.filter(arg => !arg.startsWith('-')).join(' ')),
  ndctl: (args, { calls }) => {
    if (!hasRecipe(args)) throw new UnsupportedSyntax(`ndctl ${args[0]}`);
    return runNdctl(calls, args);
  },
  rmmod: (args, { calls }) => control(calls, 'rmmod', args.join(' ')),
};

/** One substitution of the basic kind, `s,PATTERN,TEXT,[gp]`, with groups. */
function sed(args: readonly string[], context: Context): Output {
  const quiet = args[0] === '-n';
  const [script = '', ...files] = quiet ? args.slice(1) : args;
  const match = /^s([/,|])((?:(?!\1).)*)\1((?:(?!\1).)*)\1([gp]*)$/.exec(script);
  if (!match || files.length > 0 || /\\[^()1-9]/.test(match[2]! + match[3]!))
    throw new UnsupportedSyntax('sed');
  const [, , basic = '', text = '', flags = ''] = match;
  const extended = basic.replace(/\\?[()]/g, group => (group.length > 1 ? group[1]! : `\\${group}`));
  const pattern = new RegExp(extended, flags.includes('g') ? 'g' : '');
  const replacement = text.replace(/\\(\d)/g, '$$$1');
  const output = split(context.stdin()).flatMap(line => {
    const edited = line.replace(pattern, replacement);
    const print = flags.includes('p') && line.search(pattern) >= 0;
    return [...(quiet ? [] : [edited]), ...(print ? [edited] : [])];
  });
  return printed(lines(output));
}

function grep(args: readonly string[], context: Context): Output {
  const rest = [...args];
  let invert = false;
  let after = 0;
  while (rest[0]?.startsWith('-')) {
    const option = rest.shift()!;
    if (option === '-v') invert = true;
    else if (/^-A\d+$/.test(option)) after = Number(option.slice(2));
    else if (option !== '-E') throw new UnsupportedSyntax(`grep ${option}`);
  }
  const pattern = new RegExp(rest.shift()!);
  const text = rest.length > 0 ? readFile(context.calls, context.path(rest[0]!)).text : context.stdin();
  const found: string[] = [];
  let last = -1;
  let matches = 0;
  split(text).forEach((line, i, all) => {
    if (pattern.test(line) === invert) return;
    matches++;
    if (after > 0 && last >= 0 && i > last + 1) found.push('--');
    for (let at = Math.max(i, last + 1); at <= Math.min(i + after, all.length - 1); at++)
      found.push(all[at]!);
    last = Math.max(last, Math.min(i + after, all.length - 1));
  });
  return { ...printed(lines(found)), status: matches > 0 ? 0 : 1 };
}

function list(args: readonly string[], { calls, path }: Context): Output {
  const long = args.some(arg => /^-\w*l/.test(arg));
  const all = args.some(arg => /^-\w*a/.test(arg));
  const names = args.filter(arg => !arg.startsWith('-'));
  const output = printed('');
  const files: string[] = [];
  const directories: { name: string; shown: string }[] = [];
  for (const name of names.length > 0 ? names : ['.']) {
    const status = (long ? calls.lstat : calls.stat).call(calls, path(name));
    const isDirectory = !isErrno(status) && (status.mode & S_IFMT) === S_IFDIR;
    if (isErrno(status)) {
      output.stderr += `ls: ${name}: ${describe(status)}\n`;
      output.status = 1;
    } else if (isDirectory || (long && name.endsWith('/'))) {
      directories.push({ name, shown: listDirectory(calls, path(name), long, all) });
    } else files.push(long ? longLine(calls, path(name), name) : name);
  }
  const sections = directories.map(({ name, shown }) => (names.length > 1 ? `${name}:\n${shown}` : shown));
  if (files.length > 0) sections.unshift(lines(files));
  output.stdout = sections.join('\n');
  return output;
}

function listDirectory(calls: SystemCalls, path: string, long: boolean, all: boolean): string {
  const entries = calls.readdir(path);
  if (isErrno(entries)) return '';
  const names = entries
    .map(({ name }) => name)
    .filter(name => all || !name.startsWith('.'))
    .sort();
  return lines(long ? ['total 0', ...names.map(name => longLine(calls, `${path}/${name}`, name))] : names);
}

function longLine(calls: SystemCalls, path: string, name: string): string {
  const status = calls.lstat(path);
  if (isErrno(status)) return '';
  const size = /^0:0$/.test(status.rdev)
    ? String(status.size)
    : status.rdev.replace(/:(\d+)$/, (_, minor: string) => `, ${minor.padStart(3)}`);
  const owner = (id: number) => (id === 0 ? 'root' : String(id));
  const target = (status.mode & S_IFMT) === S_IFLNK ? ` -> ${calls.readlink(path)}` : '';
  return `${modeText(status)} ${status.nlink} ${owner(status.uid)} ${owner(status.gid)} ${size} Jan 1 00:00 ${name}${target}`;
}

const TYPE_LETTERS: Readonly<Record<number, string>> = {
  [S_IFDIR]: 'd',
  [S_IFLNK]: 'l',
  [S_IFCHR]: 'c',
  [S_IFBLK]: 'b',
};

function modeText({ mode }: FileStatus): string {
  const bits = [...'rwxrwxrwx'].map((letter, i) => (mode & (0o400 >> i) ? letter : '-')).join('');
  return (TYPE_LETTERS[mode & S_IFMT] ?? '-') + bits;
}

function* filesBelow(calls: SystemCalls, path: string): Generator<string> {
  const status = calls.lstat(path);
  if (isErrno(status)) return;
  const type = status.mode & S_IFMT;
  if (type === S_IFREG) yield path;
  if (type !== S_IFDIR) return;
  const entries = calls.readdir(path);
  if (isErrno(entries)) return;
  for (const { name } of entries)
    if (name !== '.' && name !== '..') yield* filesBelow(calls, `${path}/${name}`);
}

/** readlink -f, for trees whose links are relative. */
function realPath(calls: SystemCalls, path: string): Result<string> {
  let real = '';
  const pending = path.split('/').filter(name => name !== '');
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    if (name === '.') continue;
    if (name === '..') {
      real = real.slice(0, real.lastIndexOf('/'));
      continue;
    }
    const target = calls.readlink(`${real}/${name}`);
    if (isErrno(target)) real += `/${name}`;
    else pending.unshift(...target.split('/').filter(part => part !== ''));
  }
  // Only the last name may be missing.
  const directory = calls.stat(real.slice(0, real.lastIndexOf('/')) || '/');
  return isErrno(directory) ? directory : real;
}

function control(calls: SystemCalls, name: string, text: string): Output {
  const fd = calls.open(`${CONTROL}/${name}`, O_WRONLY);
  if (isErrno(fd)) return failed(name, text, fd);
  const written = calls.write(fd, Buffer.from(`${text}\n`));
  calls.close(fd);
  return isErrno(written) ? failed(name, text, written) : printed('');
}

function readFile(calls: SystemCalls, path: string): ReadText & { readonly opened: boolean } {
  const fd = calls.open(path, O_RDONLY);
  if (isErrno(fd)) return { text: '', opened: false, error: fd };
  const read = readToEnd(calls, fd);
  calls.close(fd);
  return { ...read, opened: true };
}

function countOption(args: readonly string[]): number {
  const digits = /\d+/.exec(args.join(' '))?.[0];
  return digits === undefined ? 10 : Number(digits);
}

function split(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function lines(list: readonly string[]): string {
  return list.map(line => `${line}\n`).join('');
}

function printed(stdout: string): Output {
  return { stdout, stderr: '', status: 0 };
}

function failed(program: string, name: string, errno: Errno): Output {
  return { stdout: '', stderr: `${program}: ${name}: ${describe(errno)}\n`, status: 1 };
}
