import { execFile } from 'node:child_process';

export interface Outcome {
  /** The exit status, or the signal that ended it. */
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program that may touch the mount; this process never does, since it would wait for itself. */
export function program(file: string, args: readonly string[], timeoutMs = 30_000): Promise<Outcome> {
  return new Promise(done => {
    const options = { timeout: timeoutMs, killSignal: 'SIGKILL' as const, maxBuffer: 1 << 26 };
    execFile(file, args, options, (error, stdout, stderr) => {
      done({ status: error ? (error.code ?? error.signal ?? 1) : 0, stdout, stderr });
    });
  });
}

export function bash(script: string, cwd: string): Promise<Outcome> {
  return program('bash', ['-c', `cd "$0" || exit; ${script}`, cwd]);
}

const PRELUDE = `
  const fs = require('node:fs');
  const C = fs.constants;
  const attempt = run => { try { return run(); } catch (error) { return error.code; } };
  const readAt = (fd, length, position) => attempt(() => {
    const buffer = Buffer.alloc(length);
    return buffer.toString('latin1', 0, fs.readSync(fd, buffer, 0, length, position));
  });
`;

/** Runs JavaScript in a process of its own; answers the value of its last `result = ...`. */
export async function script(text: string, cwd: string): Promise<unknown> {
  const code = `${PRELUDE} process.chdir(process.argv[1]); let result; ${text}; console.log(JSON.stringify(result))`;
  const { status, stdout, stderr } = await program(process.execPath, ['-e', code, cwd]);
  if (status !== 0) throw new Error(`script ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}
