import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { MachineInput } from './boot-machine.ts';
import { DEFAULT_MACHINE } from './machine-source.ts';

/** From the sources, and from either place that they are built to. */
const PACKAGE = import.meta.url.endsWith('.ts') ? '../../' : '../../../';
const MAIN = fileURLToPath(new URL(`${PACKAGE}dist/bundle/daxsim/main.js`, import.meta.url));

export interface RunOptions {
  readonly machine?: MachineInput;
  /** More options of `daxsim run`, e.g. `['--udev']`. */
  readonly options?: readonly string[];
  /** What the command reads; nothing when left out. */
  readonly input?: string;
  /** Milliseconds after which everything is ended. */
  readonly timeout?: number;
}

export interface RunOutcome {
  /** The command's exit status; 125 when `daxsim run` failed before it, 128 + N when signal N ended it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `daxsim run -- COMMAND`: a real program with the machine in place of the real one, in name spaces of its own. */
export async function runOnMachine(
  command: readonly string[],
  { machine = DEFAULT_MACHINE, options = [], input = '', timeout }: RunOptions = {},
): Promise<RunOutcome> {
  const directory =
    typeof machine === 'string' ? undefined : await mkdtemp(join(tmpdir(), 'daxsim-machine-'));
  try {
    const file = directory ? join(directory, 'machine.json') : `${machine}`;
    if (directory) await writeFile(file, JSON.stringify(machine, bigintsAsHex));
    return await runProgram(['run', '--machine', file, ...options, '--', ...command], input, timeout);
  } finally {
    if (directory) await rm(directory, { recursive: true });
  }
}

async function runProgram(args: readonly string[], input: string, timeout?: number): Promise<RunOutcome> {
  const child = spawn(process.execPath, [MAIN, ...args], { timeout });
  child.stdin.on('error', () => {}).end(input);
  const exited = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (status, signal) => resolve(status ?? 128 + constants.signals[signal!]));
  });
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { status, stdout, stderr };
}

function bigintsAsHex(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `0x${value.toString(16)}` : value;
}
