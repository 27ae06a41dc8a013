import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guestDirectory } from '../../../mount/namespace/guest-directory.ts';
import { programNames } from '../../user/shell/program-names.ts';
import type { ShellAnswer } from '../compare/compare.ts';
import type { MissingProgram } from '../probe.ts';

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const TIMEOUT_MS = 60_000;

/** The recorded shell's echo leaves backslashes alone, as does bash's, while some sh's does not. */
const LIKE_THE_RECORDED = ['sh', '-c', 'exec "$(command -v bash || echo sh)" -c "$1"', 'sh'];

/** Puts the machine in place of the host's /sys, /dev and the /proc files that it has, and stays until its input ends. */
const ENTER = `
set -e
mount --bind /dev "$SCRATCH/dev"
for file in iomem meminfo zoneinfo buddyinfo modules cmdline; do
  [ ! -e "/proc/$file" ] || mount --bind "$MACHINE/proc/$file" "/proc/$file"
done
mount --rbind "$MACHINE/sys" /sys
mount --bind "$MACHINE/dev" /dev
"$GUEST/modprobe-config" > "$SCRATCH/modprobe.d/daxsim.conf"
[ ! -d /etc/modprobe.d ] || mount --bind "$SCRATCH/modprobe.d" /etc/modprobe.d
for file in null zero full random urandom tty; do mount --bind "$SCRATCH/dev/$file" "/dev/$file" 2>/dev/null || true; done
echo entered
exec cat
`;

/** One of our own since the host may have no /proc/modules to put another over. */
const LSMOD = `#!/bin/sh
echo 'Module                  Size  Used by    '
while read name size count users rest; do
  [ "$users" = - ] && users=
  printf '%-19s %8s %2s %s\\n' "$name" "$size" "$count" "\${users%,}"
done < "$MACHINE/proc/modules"
`;

/** Runs shell commands for real, in a mount namespace of their own over a mounted machine. */
export class NamespaceShell {
  readonly #scratch: string;
  readonly #environment: Record<string, string>;
  /** A process that stays in the namespace, which lives as long as it; from the first command on. */
  #holder: Promise<ChildProcess> | undefined;
  readonly #available = new Map<string, boolean>();

  private constructor(machine: string, scratch: string) {
    this.#scratch = scratch;
    this.#environment = {
      PATH: `${join(scratch, 'bin')}:${join(guestDirectory, 'bin')}:${SYSTEM_PATH}`,
      LC_ALL: 'C',
      GUEST: guestDirectory,
      SCRATCH: scratch,
      MACHINE: machine,
    };
  }

  static async create(machine: string): Promise<NamespaceShell> {
    const scratch = await mkdtemp(join(tmpdir(), 'daxsim-shell-'));
    await mkdir(join(scratch, 'dev'));
    await mkdir(join(scratch, 'bin'));
    await mkdir(join(scratch, 'modprobe.d'));
    await chmod(scratch, 0o755);
    await writeFile(join(scratch, 'bin', 'lsmod'), LSMOD, { mode: 0o755 });
    return new NamespaceShell(machine, scratch);
  }

  async run(command: string, uid: number): Promise<ShellAnswer | MissingProgram> {
    const missing = await this.#missingProgram(command);
    if (missing !== undefined) return { missing };
    this.#holder ??= enter(this.#environment);
    const { pid } = await this.#holder;
    const user = ['setpriv', '--reuid', String(uid), '--regid', String(uid), '--clear-groups'];
    const { status, stdout } = await this.#spawn('nsenter', [
      `--mount=/proc/${pid}/ns/mnt`,
      ...user,
      ...LIKE_THE_RECORDED,
      command,
    ]);
    return { exit: status, stdout };
  }

  async stop(): Promise<void> {
    const holder = await this.#holder?.catch(() => undefined);
    if (holder?.exitCode === null && holder.signalCode === null) {
      const exit = once(holder, 'exit');
      holder.stdin!.end();
      await exit;
    }
    await rm(this.#scratch, { recursive: true, force: true });
  }

  async #missingProgram(command: string): Promise<string | undefined> {
    for (const name of programNames(command)) {
      if (!this.#available.has(name)) {
        const { status } = await this.#spawn('sh', ['-c', 'command -v "$1" >/dev/null', 'sh', name]);
        this.#available.set(name, status === 0);
      }
      if (!this.#available.get(name)) return name;
    }
    return undefined;
  }

  #spawn(program: string, args: readonly string[]): Promise<{ status: number; stdout: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, {
        env: this.#environment,
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: TIMEOUT_MS,
        killSignal: 'SIGKILL',
      });
      const chunks: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      child.on('error', reject);
      child.on('close', (status, signal) => {
        if (signal) reject(new Error(`${program} ended by ${signal}`));
        else resolve({ status: status ?? -1, stdout: Buffer.concat(chunks).toString('latin1') });
      });
    });
  }
}

/** Makes the namespace. Its holder is detached: ^C is for the replay to answer. */
function enter(env: Record<string, string>): Promise<ChildProcess> {
  const holder = spawn('unshare', ['-m', '--propagation', 'private', 'sh', '-c', ENTER], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  return new Promise((resolve, reject) => {
    holder.stdout.once('data', () => resolve(holder));
    holder.once('error', reject);
    holder.once('exit', status =>
      reject(new Error(`cannot put the machine in place of /sys: status ${status}`)),
    );
  });
}
