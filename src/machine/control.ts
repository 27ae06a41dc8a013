import type { DriverCore } from '../base/core.ts';
import type { ModuleLoader } from '../base/module.ts';
import { formatLogLine, type LogRecord } from '../base/printk.ts';
import type { Uevent } from '../base/uevent.ts';
import type { Directory } from '../fs/directory.ts';
import { ControlFile } from '../fs/seq-file.ts';
import { StreamFile } from '../fs/stream-file.ts';
import { EINVAL, type Errno } from '../lib/errno.ts';

export interface ControlServices {
  readonly core: DriverCore;
  readonly modules: ModuleLoader;
  /** Boots the machine again from its description. */
  readonly reset: () => void;
}

/** A module name and its parameters, as modprobe takes them: `NAME [PARAMETER=VALUE]...`. */
export function parseModprobe(text: string): { name: string; parameters: Map<string, string> } | undefined {
  const [name, ...assignments] = text.trim().split(/\s+/);
  if (!name) return undefined;
  const parameters = assignments.map(assignment => {
    const equals = assignment.indexOf('=');
    return equals < 0
      ? ([assignment, '1'] as const)
      : ([assignment.slice(0, equals), assignment.slice(equals + 1)] as const);
  });
  return { name, parameters: new Map(parameters) };
}

/** sys/kernel/debug/daxsim: what a test does to the machine from outside, as files. */
export function addControlDirectory({ core, modules, reset }: ControlServices): Directory {
  const directory = core.kernelDirectory.addDirectory('debug').addDirectory('daxsim');
  const { printk, uevents } = core;
  directory.add(
    new StreamFile<LogRecord>(directory, 'log', printk, {
      mode: 0o644,
      format: formatLogLine,
      follow: 'read-write',
    }),
  );
  directory.add(
    new StreamFile<Uevent>(directory, 'uevents', uevents, {
      mode: 0o644,
      format: event => `${JSON.stringify(event)}\n`,
      follow: 'read-write',
    }),
  );
  const command = (name: string, run: (text: string) => Errno | undefined) =>
    directory.add(new ControlFile(directory, name, { mode: 0o200, store: run }));
  command('modprobe', text => {
    const wanted = parseModprobe(text);
    return wanted ? modules.modprobe(wanted.name, wanted.parameters) : EINVAL;
  });
  command('rmmod', text => modules.rmmod(text.trim()));
  command('reset', () => {
    reset();
    return undefined;
  });
  return directory;
}
