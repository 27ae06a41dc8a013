import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';

/** So many names lead from the root directory to a mountpoint, wherever the temporary directory is. */
const MOUNTPOINT_DEPTH = 6;

/** A server that was started, and what to call to end it. */
export interface Server {
  readonly child: ChildProcess;
  /** Milliseconds from the start of the process to its first word. */
  readonly readyMs: number;
  stop(): Promise<void>;
}

/** A temporary directory and the processes that work in it. Nothing of either outlives `close`. */
export class Workspace {
  readonly directory = mkdtempSync(join(tmpdir(), 'daxsim-bench-'));
  readonly #servers = new Set<Server>();
  readonly #mountpoints = new Set<string>();

  /** A new empty directory, always equally deep. */
  mountpoint(name: string): string {
    let path = this.directory;
    while (path.split(sep).length < MOUNTPOINT_DEPTH) path = join(path, 'deeper');
    path = join(path, name);
    mkdirSync(path, { recursive: true });
    this.#mountpoints.add(path);
    return path;
  }

  /** Starts a program that says something when it is ready and ends on SIGTERM. Rejects if it ends before. */
  start(program: string, args: readonly string[]): Promise<Server> {
    const startedAt = performance.now();
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint += chunk;
    });
    const ended = new Promise<void>(resolve => child.once('close', () => resolve()));
    const server = (readyMs: number): Server => ({
      child,
      readyMs,
      stop: async () => {
        child.kill('SIGTERM');
        const slow = setTimeout(() => child.kill('SIGKILL'), 10_000);
        await ended;
        clearTimeout(slow);
        this.#servers.delete(started);
      },
    });
    let started = server(0);
    this.#servers.add(started);
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', () => {
        this.#servers.delete(started);
        reject(new Error(complaint.trim().split('\n')[0] || `${program} ended`));
      });
      child.stdout.once('data', () => {
        this.#servers.delete(started);
        started = server(performance.now() - startedAt);
        this.#servers.add(started);
        resolve(started);
      });
    });
  }

  async close(): Promise<void> {
    for (const server of this.#servers) await server.stop();
    for (const path of this.#mountpoints) unmountIfMounted(path);
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 2 });
  }
}

function unmountIfMounted(path: string): void {
  const mounted = readFileSync('/proc/self/mounts', 'utf8');
  for (const line of mounted.split('\n')) {
    const place = line.split(' ')[1] ?? '';
    if (place === path || place.startsWith(`${path}/`)) execFileSync('umount', ['-l', place]);
  }
}

/** Resident memory of a process in MB. */
export function residentMegabytes(child: ChildProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) / 1024;
}

export function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
