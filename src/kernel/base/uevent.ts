import { EINVAL, ENOMEM, type Errno, isErrno, type Result } from '../lib/errno.ts';
import { RecordRing } from './record-ring.ts';

/** include/linux/kobject.h `kobject_actions`, in lib/kobject_uevent.c's spelling. */
const ueventActions = ['add', 'remove', 'change', 'move', 'online', 'offline', 'bind', 'unbind'] as const;
export type UeventAction = (typeof ueventActions)[number];

/** One event. Tens of thousands are kept, so the strings are made for whoever reads them. */
export class Uevent {
  readonly seqnum: number;
  readonly action: UeventAction;
  /** Path below /sys, with a leading slash. */
  readonly devpath: string;
  readonly #subsystem: string;
  readonly #keys: readonly string[];

  constructor(
    seqnum: number,
    action: UeventAction,
    devpath: string,
    subsystem: string,
    keys: readonly string[],
  ) {
    this.seqnum = seqnum;
    this.action = action;
    this.devpath = devpath;
    this.#subsystem = subsystem;
    this.#keys = keys;
  }

  /** All `KEY=VALUE` strings in order, SEQNUM last. */
  get env(): readonly string[] {
    return [...this.#beforeSeqnum, `SEQNUM=${this.seqnum}`];
  }

  /** Whether the keys find room in the kernel's `struct kobj_uevent_env`, which SEQNUM need not. */
  get fits(): boolean {
    return fits(this.#beforeSeqnum);
  }

  get #beforeSeqnum(): string[] {
    const { action, devpath } = this;
    return [`ACTION=${action}`, `DEVPATH=${devpath}`, `SUBSYSTEM=${this.#subsystem}`, ...this.#keys];
  }

  toJSON(): object {
    const { seqnum, action, devpath, env } = this;
    return { seqnum, action, devpath, env };
  }
}

/** UEVENT_NUM_ENVP and UEVENT_BUFFER_SIZE: more than this is ENOMEM. */
const MAX_KEYS = 64;
const MAX_BYTES = 2048;
const CAPACITY = 65536;

/** lib/kobject_uevent.c: every event of the machine in order, with its one sequence counter. */
export class UeventQueue extends RecordRing<Uevent> {
  #seqnum: number;

  /** @param seqnum number of the last event sent before this queue existed */
  constructor(seqnum = 0) {
    super(CAPACITY);
    this.#seqnum = seqnum;
  }

  /** `/sys/kernel/uevent_seqnum`. */
  get seqnum(): number {
    return this.#seqnum;
  }

  /** kobject_uevent_env. ENOMEM when the keys do not fit. */
  send(action: UeventAction, devpath: string, subsystem: string, keys: readonly string[]): Errno | undefined {
    const told = action === 'unbind' ? keys.filter(key => !key.startsWith('MODALIAS=')) : keys;
    const event = new Uevent(this.#seqnum + 1, action, devpath, subsystem, told);
    if (!event.fits) return ENOMEM;
    this.#seqnum++;
    this.push(event);
    return undefined;
  }
}

function fits(env: readonly string[]): boolean {
  return env.length < MAX_KEYS && env.reduce((bytes, key) => bytes + key.length + 1, 0) <= MAX_BYTES;
}

export interface SyntheticUevent {
  readonly action: UeventAction;
  /** SYNTH_UUID and SYNTH_ARG_*. */
  readonly keys: readonly string[];
}

export interface SyntheticRefusal {
  readonly errno: Errno;
  /** The end of the log line `synth uevent: DEVPATH: …`. */
  readonly reason: string;
}

const UUID = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}/;
const ARGUMENT = /^ ([0-9a-zA-Z]+)=([0-9a-zA-Z]+)/;

/** kobject_action_type and kobject_action_args: `ACTION[ UUID[ KEY=VALUE]*]`, one trailing newline or NUL allowed, no other NUL. */
export function parseSyntheticUevent(text: string): SyntheticUevent | SyntheticRefusal {
  const line = text.endsWith('\n') || text.endsWith('\0') ? text.slice(0, -1) : text;
  const space = line.indexOf(' ');
  const word = space < 0 ? line : line.slice(0, space);
  const action = ueventActions.find(known => known === word);
  if (action === undefined) return { errno: EINVAL, reason: 'unknown uevent action string' };
  const keys = space < 0 ? ['SYNTH_UUID=0'] : parseArguments(line.slice(space + 1));
  return isErrno(keys) ? { errno: keys, reason: 'incorrect uevent action arguments' } : { action, keys };
}

function parseArguments(text: string): Result<string[]> {
  const uuid = UUID.exec(text)?.[0];
  if (uuid === undefined) return EINVAL;
  const keys = [`SYNTH_UUID=${uuid}`];
  let rest = text.slice(uuid.length);
  while (rest !== '') {
    const match = ARGUMENT.exec(rest);
    if (!match) return EINVAL;
    keys.push(`SYNTH_ARG_${match[1]}=${match[2]}`);
    rest = rest.slice(match[0].length);
  }
  return fits(keys) ? keys : EINVAL;
}
