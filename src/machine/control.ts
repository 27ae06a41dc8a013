import type { DriverCore } from '../kernel/base/core.ts';
import type { ModuleLoader } from '../kernel/base/module.ts';
import { formatLogLine, type LogRecord } from '../kernel/base/printk.ts';
import type { Uevent } from '../kernel/base/uevent.ts';
import { ControlFile } from '../kernel/fs/control-file.ts';
import type { Directory } from '../kernel/fs/directory.ts';
import { LogFile } from '../kernel/fs/log-file.ts';
import { EINVAL, ENOENT, type Errno } from '../kernel/lib/errno.ts';
import { CONTROL_DIRECTORY } from './control-directory.ts';
import type { RefusalLog, RefusalRecord } from './refusal-log.ts';

export interface ControlServices {
  readonly core: DriverCore;
  readonly modules: ModuleLoader;
  /** Boots the machine again, as it was made or with its persistent memory as it is. */
  readonly host: { readonly reset: () => void; readonly reboot: () => void; readonly refusals: RefusalLog };
}

/** `PARAMETER=VALUE` words; one without a value is a boolean that is on. */
export function assignments(words: readonly string[]): Map<string, string> {
  return new Map(
    words.map(word => {
      const [name = '', ...value] = word.split('=');
      return [name, value.length > 0 ? value.join('=') : '1'] as const;
    }),
  );
}

/**
 * What modprobe takes: an alias, of which all modules are loaded, or `NAME [PARAMETER=VALUE]...`, with what it names as soft dependencies before it, or `-r NAME`. After
 * `--no-softdep` it does as busybox's, which knows none. EINVAL without a name, ENOENT for an unknown module.
 */
export function modprobe(modules: ModuleLoader, commandLine: string): Errno | undefined {
  const given = commandLine.trim().split(/\s+/);
  const soft = given[0] !== '--no-softdep';
  const [name, ...words] = soft ? given : given.slice(1);
  if (!name) return EINVAL;
  if (name === '-r') return words[0] ? modules.remove(words[0]) : EINVAL;
  const parameters = assignments(words);
  if (name.includes(':')) {
    const asked = modules.resolve(name);
    for (const module of asked) modules.modprobe(module, parameters);
    return asked.length > 0 ? undefined : ENOENT;
  }
  return soft ? modules.modprobeWithSoftDependencies(name, parameters) : modules.modprobe(name, parameters);
}

/**
 * modprobe.d(5) for kmod: the modules of the machine, loaded and removed through its control files, and their aliases. A
 * `softdep` line would make kmod pass over `install`, so soft dependencies are left to the machine.
 */
function modprobeConfiguration(modules: ModuleLoader): string {
  const lines = modules.definitions.flatMap(({ name, builtin, aliases = [] }) => [
    ...(builtin
      ? []
      : [
          `install ${name} echo ${name} $CMDLINE_OPTS > ${CONTROL_DIRECTORY}/modprobe`,
          `remove ${name} echo ${name} > ${CONTROL_DIRECTORY}/rmmod`,
        ]),
    ...aliases.map(alias => `alias ${alias} ${name}`),
  ]);
  return lines.map(line => `${line}\n`).join('');
}

const jsonLine = (value: object): string => `${JSON.stringify(value)}\n`;

/** sys/kernel/debug/daxsim: what a test does to the machine from outside, as files. */
export function addControlDirectory({ core, modules, host }: ControlServices): Directory {
  const directory = core.kernelDirectory.addDirectory('debug').addDirectory('daxsim');
  const { printk, uevents } = core;
  directory.add(new LogFile<LogRecord>(directory, 'log', printk, formatLogLine));
  const lost = { lost: (records: number) => jsonLine({ lost: records }) };
  directory.add(new LogFile<Uevent>(directory, 'uevents', uevents, jsonLine, lost));
  directory.add(new LogFile<RefusalRecord>(directory, 'refusals', host.refusals, jsonLine, lost));
  const command = (name: string, run: (text: string) => Errno | undefined) =>
    directory.add(new ControlFile(directory, name, { mode: 0o200, store: run }));
  directory.add(
    new ControlFile(directory, 'modprobe.conf', { mode: 0o444, show: () => modprobeConfiguration(modules) }),
  );
  command('modprobe', text => modprobe(modules, text));
  command('rmmod', text => modules.rmmod(text.trim()));
  for (const name of ['reset', 'reboot'] as const)
    command(name, () => {
      host[name]();
      return undefined;
    });
  return directory;
}
