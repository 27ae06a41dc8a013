import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Outcome, program } from '../mount/program.ts';

export const MAIN = fileURLToPath(new URL('../../dist/bundle/daxsim/main.js', import.meta.url));

/** Runs the built command line to its end. */
export function daxsim(...args: string[]): Promise<Outcome> {
  return program(process.execPath, [MAIN, ...args], 60_000);
}

/** A directory for one test; what a test left mounted in it is detached. */
export async function withDirectory(test: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'daxsim-cli-'));
  try {
    await test(directory);
  } finally {
    for (const place of await mountsBelow(directory)) await program('umount', ['-i', '-l', place]);
    await rm(directory, { recursive: true, force: true });
  }
}

export async function mountsBelow(directory: string): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return lines.map(line => line.split(' ')[4] ?? '').filter(place => place.startsWith(`${directory}/`));
}

export interface Foreground {
  readonly process: ChildProcess;
  /** The line on stdout that says that the mount answers. */
  readonly announcement: string;
  /** All of it up to now. */
  readonly stderr: () => string;
  /** Resolves with the exit status, or the name of the signal. */
  readonly ended: Promise<number | string>;
}

/** `daxsim mount` up to its ready line. */
export async function mountInForeground(...args: string[]): Promise<Foreground> {
  const child = spawn(process.execPath, [MAIN, 'mount', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close').then(([status, signal]) => (status ?? signal) as number | string);
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', text => {
    complaint += text;
  });
  const line = once(child.stdout.setEncoding('utf8'), 'data').then(([text]) => text as string);
  const first = await Promise.race([line, ended]);
  if (typeof first === 'string' && first.startsWith('mounted')) {
    return { process: child, announcement: first.trimEnd(), stderr: () => complaint, ended };
  }
  throw new Error(`daxsim mount ended with ${first}: ${complaint}`);
}
