import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Workspace } from './workspace.ts';

/** How to start a program: its file and its first arguments. */
export type Program = readonly [string, ...string[]];

const built = (name: string): string => fileURLToPath(new URL(`${name}.js`, import.meta.url));
/** C sources are not copied to dist/. */
const source = (name: string): string =>
  fileURLToPath(
    new URL(
      `${import.meta.url.includes('/dist/') ? '../../../scripts/benchmark' : '.'}/c/${name}.c`,
      import.meta.url,
    ),
  );

/** Programs of this directory, compiled for one run. */
export class Programs {
  readonly #workspace: Workspace;
  readonly #compiled = new Map<string, string | Error>();

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /** What opens, reads, writes and closes; without a C compiler it is a slower one in JavaScript. */
  get client(): Program {
    const file = this.#compile('client', []);
    return typeof file === 'string' ? [file] : [process.execPath, built('client')];
  }

  /** The C file system to compare with. @throws {Error} saying what is missing. */
  get cServer(): Program {
    const file = this.#compile('server', ['fuse3']);
    if (typeof file === 'string') return [file];
    throw file;
  }

  /** Serves simulated machines. */
  get server(): Program {
    return [process.execPath, built('serve')];
  }

  #compile(name: string, libraries: readonly string[]): string | Error {
    const known = this.#compiled.get(name);
    if (known !== undefined) return known;
    const made = compile(source(name), join(this.#workspace.directory, name), libraries);
    this.#compiled.set(name, made);
    return made;
  }
}

function compile(file: string, to: string, libraries: readonly string[]): string | Error {
  try {
    const flags = libraries.flatMap(library =>
      output('pkg-config', ['--cflags', '--libs', library]).trim().split(/\s+/),
    );
    output(process.env.CC ?? 'cc', ['-O2', file, '-o', to, ...flags]);
    return to;
  } catch (error) {
    return new Error(`${[name(file), ...libraries].join(' with ')} not built: ${firstLine(error)}`);
  }
}

function name(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

function output(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function firstLine(error: unknown): string {
  return String((error as Error).message).split('\n')[0]!;
}
