import { type Errno, isErrno } from '../../kernel/lib/errno.ts';
import { O_RDONLY } from '../../kernel/lib/stat.ts';
import { type ReadText, readToEnd } from '../read-to-end.ts';
import type { SystemCalls } from '../system-calls.ts';

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

/** A program of the shell, which says beforehand what it cannot do: a command line is done whole or not begun. */
export interface Program {
  /** Whether it knows these arguments. What is only known when it runs stands as `$`. */
  readonly accepts: (args: readonly string[]) => boolean;
  readonly run: (args: readonly string[], context: Context) => Output;
}

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

/** Accepts single-letter options out of `letters`, in any order and number, before the operands. */
export function letters(known: string): Program['accepts'] {
  return args => splitOptions(args).options.every(option => known.includes(option));
}

/** The letters of the leading options, and the operands. */
export function splitOptions(args: readonly string[]): { options: string[]; operands: string[] } {
  const first = args.findIndex(arg => !/^-./.test(arg));
  const end = first < 0 ? args.length : first;
  return {
    options: args.slice(0, end).flatMap(arg => [...arg.slice(1)]),
    operands: args.slice(end),
  };
}

export function readFile(calls: SystemCalls, path: string): ReadText & { readonly opened: boolean } {
  const fd = calls.open(path, O_RDONLY);
  if (isErrno(fd)) return { text: '', opened: false, error: fd };
  const read = readToEnd(calls, fd);
  calls.close(fd);
  return { ...read, opened: true };
}

export function split(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

export function lines(list: readonly string[]): string {
  return list.map(line => `${line}\n`).join('');
}

export function printed(stdout: string): Output {
  return { stdout, stderr: '', status: 0 };
}

export function failed(program: string, name: string, errno: Errno): Output {
  return { stdout: '', stderr: `${program}: ${name}: ${describe(errno)}\n`, status: 1 };
}
