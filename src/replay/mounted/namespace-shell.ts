import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guestDirectory } from '../../../mount/namespace/guest-directory.ts';
import { GUEST_PLACES, type Guest, launchGuest } from '../../../mount/namespace/guest-process.ts';
import { hasUserNamespaces } from '../../../mount/namespace/user-namespace.ts';
import { programNames } from '../../user/shell/program-names.ts';
import type { ShellAnswer } from '../compare/compare.ts';
import { isRecordedProgram, type OtherVersion, otherVersion } from '../compare/programs.ts';
import type { MissingProgram } from '../probe.ts';

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const TIMEOUT_MS = 60_000;

const NO_UDEV = {
  DAXSIM_UDEV: '',
  DAXSIM_RULES: '',
  DAXSIM_DISTRO_RULES: '',
  DAXSIM_COLDPLUG: '',
  DAXSIM_VERBOSE: '',
};

/** The recorded shell's echo leaves backslashes alone, as does bash's, while some sh's does not. */
const LIKE_THE_RECORDED = ['sh', '-c', 'exec "$(command -v bash || echo sh)" -c "$1"', 'sh'];

/** lsmod of our own since the host may have no /proc/modules to put another over. @param row what printf(1) is given for a module */
const lsmod = (header: string, row: string) => `#!/bin/sh
echo '${header}'
while read name size count users rest; do
  [ "$users" = - ] && users=
  printf ${row}
done < /run/daxsim/proc/modules
`;

/** As busybox prints, and kmod, whose a recording calls by its path. */
const LSMODS = {
  lsmod: lsmod(
    'Module                  Size  Used by    ',
    `'%-19s %8s %2s %s\\n' "$name" "$size" "$count" "\${users%,}"`,
  ),
  'kmod-lsmod': lsmod(
    'Module                  Size  Used by',
    `'%-19s %8s  %s\\n' "$name" "$size" "$count\${users:+ \${users%,}}"`,
  ),
};

/** Runs shell commands for real, in name spaces of their own over a mounted machine. */
export class NamespaceShell {
  readonly #scratch: string;
  readonly #environment: Record<string, string>;
  /** A process that stays in the namespace, which lives as long as it; from the first command on. */
  #holder: Promise<Holder> | undefined;
  readonly #available = new Map<string, boolean>();
  readonly #others = new Map<string, OtherVersion | undefined>();

  private constructor(machine: string, scratch: string) {
    this.#scratch = scratch;
    this.#environment = {
      PATH: `${join(scratch, 'bin')}:${join(guestDirectory, 'bin')}:${SYSTEM_PATH}`,
      LC_ALL: 'C',
      GUEST: guestDirectory,
      // As busybox's, with which the recordings were made.
      DAXSIM_NO_SOFTDEP: 'yes',
      SCRATCH: scratch,
      MACHINE: machine,
    };
  }

  static async create(machine: string): Promise<NamespaceShell> {
    const scratch = await mkdtemp(join(tmpdir(), 'daxsim-shell-'));
    await mkdir(join(scratch, 'bin'));
    await chmod(scratch, 0o755);
    for (const [name, script] of Object.entries(LSMODS))
      await writeFile(join(scratch, 'bin', name), script, { mode: 0o755 });
    return new NamespaceShell(machine, scratch);
  }

  async run(command: string, uid: number): Promise<ShellAnswer | MissingProgram> {
    const missing = await this.#missingProgram(command);
    if (missing !== undefined) return { missing };
    this.#holder ??= enter(this.#environment.MACHINE!, this.#scratch, this.#environment);
    const { pid } = await this.#holder;
    const user = ['--reuid', String(uid), '--regid', String(uid), '--clear-groups', '--pdeathsig', 'KILL'];
    const { status, stdout } = await this.#spawn('nsenter', [
      ...['--target', String(pid), '--user', '--mount', '--pid', '--net', '--ipc', '--uts'],
      ...['setpriv', ...user],
      ...LIKE_THE_RECORDED,
      command.replace('/sbin/lsmod', 'kmod-lsmod'),
    ]);
    const others = await this.#otherVersions(command);
    return { exit: status, stdout, ...(others.length > 0 && { others }) };
  }

  async stop(): Promise<void> {
    const holder = await this.#holder?.catch(() => undefined);
    if (holder) {
      holder.guest.child.stdin!.end();
      await holder.guest.exited;
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

  /** The programs of the command that are of other versions than the recorded. */
  async #otherVersions(command: string): Promise<OtherVersion[]> {
    const found: OtherVersion[] = [];
    for (const name of programNames(command)) {
      if (isRecordedProgram(name) && !this.#others.has(name)) {
        const { stdout } = await this.#spawn(name, ['--version']);
        this.#others.set(name, otherVersion(name, stdout));
      }
      const other = this.#others.get(name);
      if (other) found.push(other);
    }
    return found;
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

/** A process that stays in the name spaces, and the first one in there. */
interface Holder {
  readonly guest: Guest;
  readonly pid: number;
}

/**
 * Makes the name spaces, for the commands of a recording that anybody may have written: they are root over the machine, and
 * over nothing of the host. Detached: ^C is for the replay to answer.
 */
async function enter(machine: string, scratch: string, environment: NodeJS.ProcessEnv): Promise<Holder> {
  if (!hasUserNamespaces())
    throw new Error(
      'the programs of a recording are run in a user name space: allow it with "sysctl user.max_user_namespaces=10000"',
    );
  const directory = join(scratch, 'guest');
  for (const place of GUEST_PLACES) await mkdir(join(directory, place), { recursive: true });
  let entered: number | undefined;
  let guest: Guest;
  const running = new Promise<void>((resolve, reject) => {
    const launched = launchGuest({
      directory,
      command: ['cat'],
      stdio: ['pipe', 'ignore', 'inherit'],
      machine,
      held: true,
      privateNetwork: true,
      sealed: true,
      detached: true,
      environment: { ...environment, ...NO_UDEV },
      onEntered: pid => {
        entered = pid;
      },
      onRunning: () => resolve(),
    });
    launched
      .then(started => {
        guest = started;
        return started.exited.then(status =>
          reject(new Error(`cannot put the machine in place of /sys: status ${status}`)),
        );
      })
      .catch(reject);
  });
  await running;
  return { guest: guest!, pid: entered! };
}
