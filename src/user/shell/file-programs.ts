import { isErrno, type Result } from '../../kernel/lib/errno.ts';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../kernel/lib/stat.ts';
import type { FileStatus, SystemCalls } from '../system-calls.ts';
import {
  type Context,
  describe,
  failed,
  letters,
  lines,
  type Output,
  type Program,
  printed,
  readFile,
  splitOptions,
} from './program.ts';

/** Programs that look at files. */
export const filePrograms: Readonly<Record<string, Program>> = {
  cat: { accepts: letters(''), run: concatenate },
  ls: { accepts: letters('la1'), run: list },
  readlink: {
    accepts: args => letters('f')(args) && splitOptions(args).operands.length === 1,
    run: (args, { calls, path }) => {
      const { options, operands } = splitOptions(args);
      const name = path(operands[0]!);
      const target = options.includes('f') ? realPath(calls, name) : calls.readlink(name);
      return isErrno(target) ? { stdout: '', stderr: '', status: 1 } : printed(`${target}\n`);
    },
  },
  stat: {
    accepts: ([option, format, ...names]) => option === '-c' && format === '%a' && names.length === 1,
    run: ([, , name = ''], { calls, path }) => {
      const status = calls.lstat(path(name));
      return isErrno(status)
        ? failed('stat', name, status)
        : printed(`${(status.mode & 0o7777).toString(8)}\n`);
    },
  },
  find: {
    accepts: args => args.slice(-2).join(' ') === '-type f' && !/^-/m.test(args.slice(0, -2).join('\n')),
    run: (args, { calls, path }) =>
      printed(lines(args.slice(0, -2).flatMap(root => [...filesBelow(calls, path(root))]))),
  },
};

function concatenate(args: readonly string[], context: Context): Output {
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
}

function list(args: readonly string[], { calls, path }: Context): Output {
  const { options, operands: names } = splitOptions(args);
  const long = options.includes('l');
  const all = options.includes('a');
  const output = printed('');
  const files: string[] = [];
  const directories: { name: string; shown: string }[] = [];
  for (const name of names.length > 0 ? [...names].sort() : ['.']) {
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
