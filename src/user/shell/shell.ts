import { type Errno, isErrno } from '../../kernel/lib/errno.ts';
import { O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } from '../../kernel/lib/stat.ts';
import { readToEnd } from '../read-to-end.ts';
import type { SystemCalls } from '../system-calls.ts';
import { matchGlob, pathNames } from './glob.ts';
import { parseShell, UnsupportedSyntax } from './parse.ts';
import { describe, type Output, type Program } from './program.ts';
import { commandsIn } from './program-names.ts';
import { programs } from './programs.ts';
import type { Command, List, Pipeline, Redirect, Word } from './syntax.ts';

/** What each builtin knows of its arguments. */
const BUILTINS: Readonly<Record<string, Program['accepts']>> = {
  cd: args => args.length <= 1 && !args[0]?.startsWith('-'),
  read: args => args.filter(arg => arg !== '-r').length === 1,
};
const MAX_ROUNDS = 100_000;

/** A small shell on a machine's files, for commands whose programs are simple: no process, no mount. */
export class Shell {
  readonly #calls: SystemCalls;
  readonly #variables = new Map<string, string>();
  #directory = '/';
  #status = 0;

  constructor(calls: SystemCalls) {
    this.#calls = calls;
  }

  /** Runs a command line, like `sh -c`; or tells which program it has not. */
  run(text: string): { exit: number; stdout: string; stderr: string } | { missing: string } {
    try {
      const list = parseShell(text);
      const missing = missingProgram(list);
      if (missing !== undefined) return { missing };
      const { stdout, stderr } = this.#list(list, lineReader(''));
      return { exit: this.#status, stdout, stderr };
    } catch (error) {
      if (error instanceof UnsupportedSyntax) return { missing: error.message };
      throw error;
    }
  }

  #list(list: List, stdin: LineReader): Output {
    const output = { stdout: '', stderr: '', status: 0 };
    for (const { when, pipeline } of list) {
      if (when !== 'always' && (when === 'success') !== (this.#status === 0)) continue;
      const { stdout, stderr, status } = this.#pipeline(pipeline, stdin);
      output.stdout += stdout;
      output.stderr += stderr;
      this.#status = output.status = status;
    }
    return output;
  }

  #pipeline(pipeline: Pipeline, stdin: LineReader): Output {
    let input = stdin;
    let stderr = '';
    let output: Output = { stdout: '', stderr: '', status: 0 };
    for (const command of pipeline) {
      output = this.#command(command, input);
      stderr += output.stderr;
      input = lineReader(output.stdout);
    }
    return { ...output, stderr };
  }

  #command(command: Command, stdin: LineReader): Output {
    switch (command.kind) {
      case 'for':
        return this.#for(command, stdin);
      case 'while':
        return this.#while(command, stdin);
      case 'simple':
        return this.#simple(command, stdin);
    }
  }

  #for(command: Command & { kind: 'for' }, stdin: LineReader): Output {
    const output = { stdout: '', stderr: '', status: 0 };
    for (const value of command.words.flatMap(word => this.#expand(word))) {
      this.#variables.set(command.name, value);
      append(output, this.#list(command.body, stdin));
    }
    return output;
  }

  #while(command: Command & { kind: 'while' }, stdin: LineReader): Output {
    const output = { stdout: '', stderr: '', status: 0 };
    for (let round = 0; round < MAX_ROUNDS; round++) {
      if (this.#list(command.condition, stdin).status !== 0) break;
      append(output, this.#list(command.body, stdin));
    }
    return { ...output, status: 0 };
  }

  #simple(command: Command & { kind: 'simple' }, stdin: LineReader): Output {
    const [name, ...args] = command.words.flatMap(word => this.#expand(word));
    for (const { name: variable, value } of command.assignments) {
      this.#variables.set(variable, this.#expand(value).join(' '));
    }
    if (name === undefined) return { stdout: '', stderr: '', status: 0 };
    return this.#redirected(command.redirects, stdin, input => this.#execute(name, args, input));
  }

  #execute(name: string, args: readonly string[], stdin: LineReader): Output {
    if (name === 'cd') {
      this.#directory = this.#absolute(args[0] ?? '/');
      return { stdout: '', stderr: '', status: isErrno(this.#calls.readdir(this.#directory)) ? 1 : 0 };
    }
    if (name === 'read') {
      const line = stdin.line();
      this.#variables.set(args.at(-1) ?? 'REPLY', line ?? '');
      return { stdout: '', stderr: '', status: line === undefined ? 1 : 0 };
    }
    const program = programs[name];
    if (!program?.accepts(args)) throw new UnsupportedSyntax(name);
    return program.run(args, {
      calls: this.#calls,
      stdin: () => stdin.rest(),
      path: path => this.#absolute(path),
    });
  }

  #redirected(
    redirects: readonly Redirect[],
    stdin: LineReader,
    execute: (input: LineReader) => Output,
  ): Output {
    let input = stdin;
    const files = new Map<number, number>();
    let merged: string | undefined;
    for (const { descriptor, operator, target } of redirects) {
      const path = this.#expand(target).join(' ');
      if (operator === '>&') {
        merged = `${descriptor}>&${path}`;
        continue;
      }
      if (path === '/dev/null') {
        if (operator === '<') input = lineReader('');
        else files.set(descriptor, -1);
        continue;
      }
      const flags = operator === '<' ? O_RDONLY : O_WRONLY | O_CREAT | (operator === '>' ? O_TRUNC : 0);
      const fd = this.#calls.open(this.#absolute(path), flags);
      if (isErrno(fd)) return { stdout: '', stderr: `sh: can't open ${path}: ${describe(fd)}\n`, status: 1 };
      if (operator === '<') input = lineReader(this.#readAll(fd));
      else files.set(descriptor, fd);
    }
    const output = execute(input);
    if (merged === '2>&1' && !files.has(2)) {
      output.stdout += output.stderr;
      output.stderr = '';
    } else if (merged === '1>&2' && !files.has(1)) {
      output.stderr += output.stdout;
      output.stdout = '';
    }
    return this.#deliver(output, files);
  }

  #deliver(output: Output, files: ReadonlyMap<number, number>): Output {
    let { stdout, stderr, status } = output;
    for (const [descriptor, fd] of files) {
      const text = descriptor === 1 ? stdout : stderr;
      if (descriptor === 1) stdout = '';
      else stderr = '';
      if (fd < 0) continue;
      const refused = text === '' ? undefined : this.#write(fd, text);
      this.#calls.close(fd);
      if (refused) {
        status = 1;
        stderr += `sh: write error: ${describe(refused)}\n`;
      }
    }
    return { stdout, stderr, status };
  }

  #write(fd: number, text: string): Errno | undefined {
    const written = this.#calls.write(fd, Buffer.from(text, 'latin1'));
    return isErrno(written) ? written : undefined;
  }

  #readAll(fd: number): string {
    const { text } = readToEnd(this.#calls, fd);
    this.#calls.close(fd);
    return text;
  }

  /** Expansions, field splitting and path names. */
  #expand(word: Word): string[] {
    const fields: { text: string; glob: string; quoted: boolean }[] = [];
    const startField = () => fields.push({ text: '', glob: '', quoted: false });
    const addText = (text: string, quoted: boolean) => {
      if (fields.length === 0) startField();
      const last = fields.at(-1)!;
      last.text += text;
      last.glob += quoted ? text.replace(/[*?[\]\\]/g, '\\$&') : text;
      last.quoted ||= quoted;
    };
    for (const part of word) {
      if (part.kind === 'text') {
        addText(part.text, part.quoted);
        continue;
      }
      const value =
        part.kind === 'variable' ? this.#variable(part.name, part.suffix) : this.#substitute(part.list);
      if (part.quoted) {
        addText(value, true);
        continue;
      }
      const pieces = value.split(/[ \t\n]+/);
      pieces.forEach((piece, i) => {
        if (i > 0) startField();
        if (piece !== '') addText(piece, false);
      });
    }
    return fields.flatMap(({ text, glob, quoted }) => {
      if (text === '' && !quoted) return [];
      const names = /[*?[]/.test(glob.replace(/\\./g, ''))
        ? pathNames(this.#calls, this.#directory, glob)
        : [];
      return names.length > 0 ? names : [text];
    });
  }

  #variable(name: string, suffix: string | undefined): string {
    const value = name === '?' ? String(this.#status) : (this.#variables.get(name) ?? '');
    if (suffix === undefined) return value;
    for (let end = value.length; end > 0; end--)
      if (matchGlob(suffix, value.slice(0, end))) return value.slice(end);
    return value;
  }

  #substitute(list: List): string {
    const output = this.#list(list, lineReader(''));
    return output.stdout.replace(/\n+$/, '');
  }

  #absolute(path: string): string {
    return path.startsWith('/') ? path : `${this.#directory}/${path}`;
  }
}

interface LineReader {
  line(): string | undefined;
  rest(): string;
}

function lineReader(text: string): LineReader {
  let left = text;
  return {
    line() {
      if (left === '') return undefined;
      const end = left.indexOf('\n');
      const line = end < 0 ? left : left.slice(0, end);
      left = end < 0 ? '' : left.slice(end + 1);
      return line;
    },
    rest() {
      const all = left;
      left = '';
      return all;
    },
  };
}

function append(output: Output, more: Output): void {
  output.stdout += more.stdout;
  output.stderr += more.stderr;
  output.status = more.status;
}

function missingProgram(list: List): string | undefined {
  for (const { name, args } of commandsIn(list)) {
    const accepts = BUILTINS[name] ?? programs[name]?.accepts;
    if (!accepts?.(args)) return name;
  }
  return undefined;
}

/** Whether every program of a command line is one of this shell's own. */
export function canRun(text: string): boolean {
  try {
    return missingProgram(parseShell(text)) === undefined;
  } catch (error) {
    if (error instanceof UnsupportedSyntax) return false;
    throw error;
  }
}
