import { execFileSync } from 'node:child_process';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { choosePrivilege, restartInUserNamespace } from '../../mount/namespace/privilege.ts';
import { runInSandbox } from '../../mount/namespace/sandbox.ts';
import { type LogMessage, MountError } from '../../mount/transport.ts';
import { Failure, USAGE_STATUS } from '../api/failure.ts';
import { DEFAULT_MACHINE, machineOf } from '../api/machine-source.ts';
import { DaemonLog } from './log.ts';
import { runSource } from './run-source.ts';

export interface RunValues {
  readonly command: readonly string[];
  readonly machine: string | undefined;
  readonly kernel: string | undefined;
  readonly udev: boolean;
  readonly rules: readonly string[];
  readonly noDistroRules: boolean;
  readonly noColdplug: boolean;
  readonly root: boolean;
  readonly user: boolean;
  readonly pin: boolean;
  readonly verbose: boolean;
}

/** `daxsim run`: a command with the simulated machine in place of the real one; its status is ours. */
export async function run(values: RunValues): Promise<number> {
  const { machine = DEFAULT_MACHINE, verbose, rules, noDistroRules, noColdplug } = values;
  if (values.root && values.user) throw new Failure('--root and --user exclude each other', USAGE_STATUS);
  const udev = values.udev || rules.length > 0 || noDistroRules || noColdplug;
  for (const file of rules) checkRules(file);
  const log = new DaemonLog(verbose ? 'debug' : 'warn');
  try {
    const asked = values.root ? 'root' : values.user ? 'user' : undefined;
    const inside = process.env[INSIDE];
    const { privilege, why } = inside ? { privilege: 'user', why: inside } : choosePrivilege(asked);
    if (privilege === 'user' && !inside) {
      process.env[INSIDE] = why;
      restartInUserNamespace(process.argv.slice(1));
    }
    delete process.env[INSIDE];
    log.write({ level: 'debug', message: 'privilege chosen', fields: { privilege, why } });
    if (values.pin) pinToOneCpu();
    const slot = {
      description: await machineOf(machine, { kernel: values.kernel, status: CANNOT_RUN_STATUS }),
      liveKmsg: true,
    };
    return await runInSandbox({
      machine: listenerPid => runSource(slot, listenerPid),
      command: values.command.length > 0 ? values.command : [process.env.SHELL ?? '/bin/sh'],
      udev: udev
        ? { rules: rules.map(file => resolve(file)), distroRules: !noDistroRules, coldplug: !noColdplug }
        : undefined,
      verbose,
      onLog: message => (message.level === 'warn' ? warn(message) : log.write(message)),
    });
  } catch (error) {
    throw error instanceof MountError ? new Failure(error.message, CANNOT_RUN_STATUS) : error;
  }
}

/** While starting over inside a user name space: why. */
const INSIDE = 'DAXSIM_INSIDE_USER_NAMESPACE';
/** As env(1) and timeout(1): we failed, not the command. */
const CANNOT_RUN_STATUS = 125;

/** udevd would pass over in silence what is not a file, or has a name that it does not look at. */
function checkRules(file: string): void {
  let wrong: string | undefined;
  try {
    accessSync(file, constants.R_OK);
    if (!statSync(file).isFile()) wrong = 'is not a file';
    else if (!file.endsWith('.rules')) wrong = 'has not the suffix .rules, without which udevd ignores it';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    wrong = code === 'ENOENT' ? 'does not exist' : `cannot be read: ${code}`;
  }
  if (wrong) throw new Failure(`--rules: ${file} ${wrong}`, CANNOT_RUN_STATUS);
}

/** Not in the form of a log: it stands among what the command prints. */
function warn({ message }: LogMessage): void {
  process.stderr.write(`daxsim: ${message}\n`);
}

/** A request costs least when client and server share a CPU; all threads and children inherit it. */
function pinToOneCpu(): void {
  const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]!;
  const last = list.split(/[,-]/).at(-1)!;
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', last, String(process.pid)], {
    stdio: 'ignore',
  });
}
