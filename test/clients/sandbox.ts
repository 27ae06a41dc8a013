import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { builtModule } from '../mount/fixture-source.ts';
import { type Outcome, program } from '../mount/program.ts';

export const MAIN = fileURLToPath(new URL('../../bundle/daxsim/main.js', builtModule('none')));

/** A file beside the tests, by its absolute path. */
export function besideTests(name: string): string {
  const root = fileURLToPath(new URL('../../../', builtModule('none')));
  return join(root, 'test', 'clients', name);
}

/** The status of `daxsim run` when the command did not run. */
const NOT_RUN = 125;

/** Runs `daxsim run [OPTIONS] -- bash -c SCRIPT`. Its mounts and processes are gone when it returns. */
export async function inMachine(script: string, ...options: string[]): Promise<Outcome> {
  const args = [MAIN, 'run', ...options, '--', 'bash', '-c', script];
  const outcome = await program(process.execPath, args, 30_000);
  if (outcome.status === NOT_RUN) throw new Error(outcome.stderr);
  return outcome;
}

export async function stdoutOf(script: string, ...options: string[]): Promise<string> {
  return (await inMachine(script, ...options)).stdout;
}

/** Where Debian has the programs that tests need, by the name of the package. */
const PACKAGES: Readonly<Record<string, string>> = {
  daxctl: 'daxctl',
  ndctl: 'ndctl',
  lsmem: 'util-linux',
  chmem: 'util-linux',
  lscpu: 'util-linux',
  dmesg: 'util-linux',
  unshare: 'util-linux',
  numactl: 'numactl',
  numastat: 'numactl',
  udevadm: 'udev',
  'memkind-auto-dax-kmem-nodes': 'libmemkind-progs',
  'lstopo-no-graphics': 'hwloc-nox',
  tree: 'tree',
  busybox: 'busybox',
  rsync: 'rsync',
  inotifywait: 'inotify-tools',
};

const DIRECTORIES = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];

function missing(name: string): string | undefined {
  if (DIRECTORIES.some(directory => existsSync(join(directory, name)))) return undefined;
  return `${name} is not installed (package ${PACKAGES[name] ?? name})`;
}

const unrunnable = await inMachine('true').then(
  () => undefined,
  (error: Error) => `daxsim run does not work here: ${error.message.trim().split('\n')[0]}`,
);

/** Describes what real programs do in a machine; skipped, with the reason for its name, where one is missing. */
export function describeClients(programs: readonly string[], body: () => void): void {
  const name = programs.join(', ');
  const reason = unrunnable ?? programs.map(missing).find(found => found !== undefined);
  if (reason === undefined) describe(name, body);
  else describe(name, () => it.skip(reason, () => {}));
}
