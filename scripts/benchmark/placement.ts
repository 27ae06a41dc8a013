import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Program } from './programs.ts';

/**
 * Which CPUs servers and their client run on. Left to the scheduler it is a matter of luck, and of more weight than any
 * code: a client that shares the server's CPU waits for a switch, one on another CPU for that to wake up.
 */
export interface Placement {
  /** Words for the figures; empty when it is left to the scheduler. */
  readonly label: string;
  pinServer(pid: number): void;
  client(program: Program): Program;
}

const LEFT_TO_THE_SCHEDULER: Placement = { label: '', pinServer: () => {}, client: program => program };

/** A figure's name, with where it was measured. */
export function placed(what: string, { label }: Placement): string {
  return label === '' ? what : `${what}, ${label}`;
}

/** All that are possible on the CPUs that this process may use. */
export function placements(): readonly Placement[] {
  const [first, second] = allowedCpus();
  if (first === undefined || second === undefined || !hasTaskset()) return [LEFT_TO_THE_SCHEDULER];
  const pinServer = (pid: number) =>
    void execFileSync('taskset', ['-a', '-c', '-p', first, String(pid)], { stdio: 'ignore' });
  const clientOn =
    (cpu: string) =>
    (program: Program): Program => ['taskset', '-c', cpu, ...program];
  return [
    { label: 'sharing a CPU', pinServer, client: clientOn(first) },
    { label: 'on two CPUs', pinServer, client: clientOn(second) },
  ];
}

/** The first CPU of each range of `Cpus_allowed_list`, and the last one. */
function allowedCpus(): string[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  return [...new Set(list.split(/[-,]/))].filter(cpu => cpu !== '');
}

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
