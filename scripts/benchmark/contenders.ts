import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Programs } from './programs.ts';
import type { ServeArguments } from './serve.ts';
import { exists, type Server, type Workspace } from './workspace.ts';

/** A tree with a `sys` in it, served by one of those who are compared. */
export interface Contender {
  readonly name: string;
  /** The directory that holds `sys`. */
  readonly root: string;
  /** The process that serves it, if one does. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

export type ContenderName =
  | 'devfuse'
  | 'devfuse --cache'
  | 'fuse-native'
  | 'C libfuse'
  | 'C libfuse, kept'
  | 'C libfuse, unopened'
  | 'real sysfs';

/** With the mountpoint's six, 12 names from the root directory, the eleventh a symbolic link. */
export const BLOCK_STATE = 'sys/bus/memory/devices/memory3/state';
export const DAX_SIZE = 'sys/bus/dax/devices/dax0.0/size';

const C_TREE = [
  'sys/devices/system/memory/memory3/state=online\n',
  'sys/bus/memory/devices/memory3->../../../devices/system/memory/memory3',
  'sys/devices/platform/hmem.0/dax0.0/size=2147483648\n',
  'sys/bus/dax/devices/dax0.0->../../../devices/platform/hmem.0/dax0.0',
];

/** Starts a contender. @throws {Error} saying in one line why it cannot take part. */
export async function startContender(
  name: ContenderName,
  workspace: Workspace,
  programs: Programs,
): Promise<Contender> {
  const root = workspace.mountpoint(name.replaceAll(/\W+/g, '-'));
  const started = await START[name](root, workspace, programs);
  return { name, root, pid: started.child?.pid, stop: () => started.stop() };
}

type Started = Pick<Server, 'stop'> & Partial<Pick<Server, 'child'>>;
type Start = (root: string, workspace: Workspace, programs: Programs) => Promise<Started>;

const START: Readonly<Record<ContenderName, Start>> = {
  devfuse: simulated({ transport: 'devfuse', cache: false }),
  'devfuse --cache': simulated({ transport: 'devfuse', cache: true }),
  'fuse-native': simulated({ transport: 'fuse-native', cache: false }),
  'C libfuse': libfuse('asked'),
  'C libfuse, kept': libfuse('kept'),
  'C libfuse, unopened': libfuse('unopened'),
  'real sysfs': async root => bindRealSysfs(root),
};

/** c/server.c; it says what becomes of the contents. */
function libfuse(contents: 'asked' | 'kept' | 'unopened'): Start {
  return (root, workspace, programs) => {
    const [program, ...args] = programs.cServer;
    return workspace.start(program, [...args, contents, root, ...C_TREE]);
  };
}

function simulated(options: Pick<ServeArguments, 'transport' | 'cache'>): Start {
  return (mountpoint, workspace, programs) =>
    startMachine(workspace, programs, { ...options, mountpoint, preset: 'default' });
}

/** A simulated machine in a process of its own. */
export function startMachine(
  workspace: Workspace,
  programs: Programs,
  options: ServeArguments,
): Promise<Server> {
  const [program, ...args] = programs.server;
  return workspace.start(program, [...args, JSON.stringify(options)]);
}

/** The real /sys, read-only, at a path as long as those of the others. */
function bindRealSysfs(root: string): Started {
  const sys = join(root, 'sys');
  mkdirSync(sys, { recursive: true });
  execFileSync('mount', ['--rbind', '/sys', sys]);
  execFileSync('mount', ['-o', 'remount,bind,ro', sys]);
  if (!exists(join(root, BLOCK_STATE))) throw new Error('the real machine has no memory3');
  return { stop: async () => void execFileSync('umount', ['-l', sys]) };
}

export function realBlockCount(): number {
  return readdirSync('/sys/devices/system/memory').filter(name => /^memory\d+$/.test(name)).length;
}
