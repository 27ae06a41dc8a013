import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bash, type Outcome, program } from '../../mount/program.ts';

/** A machine served by a daemon of its own. Only child processes touch the mount. */
export class Mounted {
  readonly directory: string;
  readonly root: string;
  readonly #daemon: ChildProcess;

  private constructor(directory: string, daemon: ChildProcess) {
    this.directory = directory;
    this.root = join(directory, 'root');
    this.#daemon = daemon;
  }

  /** @param machine a machine file's text */
  static async start(machine: string): Promise<Mounted> {
    const directory = mkdtempSync(join(tmpdir(), 'daxsim-test-'));
    const file = join(directory, 'machine.yaml');
    writeFileSync(file, machine);
    const main = join(process.cwd(), 'dist/bundle/daxsim/main.js');
    const daemon = spawn(process.execPath, [main, 'mount', join(directory, 'root'), '--machine', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await new Promise<void>((ready, failed) => {
      let said = '';
      daemon.stderr.on('data', (text: Buffer) => {
        said += text.toString();
      });
      daemon.stdout.once('data', () => ready());
      daemon.once('exit', () => failed(new Error(`the daemon ended: ${said}`)));
    });
    return new Mounted(directory, daemon);
  }

  async stop(): Promise<void> {
    const ended = new Promise(done => this.#daemon.once('exit', done));
    this.#daemon.kill('SIGTERM');
    await ended;
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Runs a script in the mount; throws when it fails. */
  async run(script: string): Promise<string> {
    const outcome = await this.attempt(script);
    if (outcome.status !== 0) throw new Error(`${script}: ${outcome.status} ${outcome.stderr}`);
    return outcome.stdout;
  }

  attempt(script: string): Promise<Outcome> {
    return bash(`set -e; ${script}`, this.root);
  }

  /** Maps a file shared in a process of its own and runs `code` on `memory`, a view at `offset`. */
  mapped(file: string, offset: number, code: string): Promise<Outcome> {
    const text = `
      const koffi = require('koffi');
      const fs = require('node:fs');
      const libc = koffi.load('libc.so.6');
      const mmap = libc.func('void *mmap(void *, size_t, int, int, int, int64_t)');
      const fd = fs.openSync(process.argv[1], 'r+');
      const length = 1 << 21;
      const at = mmap(null, length, 3, 1, fd, Number(process.argv[2]));
      const memory = new Uint8Array(koffi.view(at, length));
      const show = (from, count) => console.log(Buffer.from(memory.subarray(from, from + count)).toString());
      ${code}`;
    return program(process.execPath, ['-e', text, join(this.root, file), String(offset)]);
  }
}
