import { readFileSync } from 'node:fs';

const FORWARDED = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
/** A terminal sends these to the whole foreground group, the command included. */
const FROM_TERMINAL: ReadonlySet<string> = new Set(['SIGINT', 'SIGQUIT']);

/** Passes the signals that we get on to the command; those that come before it runs, when it runs. */
export class SignalForwarder {
  #pid: number | undefined;
  #early: NodeJS.Signals[] = [];

  start(): void {
    for (const signal of FORWARDED) process.on(signal, this.#forward);
  }

  stop(): void {
    for (const signal of FORWARDED) process.off(signal, this.#forward);
  }

  /** The command runs: from now on it hears. */
  to(pid: number | undefined): void {
    this.#pid = pid;
    for (const signal of this.#early.splice(0)) this.#send(signal);
  }

  readonly #forward = (signal: NodeJS.Signals): void => {
    if (this.#pid === undefined) this.#early.push(signal);
    else if (!FROM_TERMINAL.has(signal) || !inForeground()) this.#send(signal);
  };

  #send(signal: NodeJS.Signals): void {
    try {
      if (this.#pid !== undefined) process.kill(this.#pid, signal);
    } catch {
      // It ended meanwhile.
    }
  }
}

/** Whether our process group is the one that the terminal's keys reach: proc_pid_stat(5), `pgrp` and `tpgid`. */
function inForeground(): boolean {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ');
  return fields[2] === fields[5];
}

/** The pid, as we see it, of the process that has `inner` in the pid name space of `parent`'s child; undefined if it ended. */
export function outerPid(parent: number, inner: number): number | undefined {
  try {
    const init = firstProcess(parent);
    if (init === undefined) return undefined;
    return childrenOf(init).find(pid => {
      const ids = /^NSpid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]?.split(/\s+/);
      return ids?.at(-1) === String(inner);
    });
  } catch {
    return undefined;
  }
}

/** The pid, as we see it, of the first process in the pid name space of `parent`'s child; undefined if it ended. */
export function firstProcess(parent: number): number | undefined {
  try {
    return childrenOf(parent)[0];
  } catch {
    return undefined;
  }
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}
