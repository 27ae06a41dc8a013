import { group, ro, rw } from '../fs/attribute.ts';
import { EBUSY, EINVAL, EIO, ENOKEY, type Errno, isErrno, refusal } from '../lib/errno.ts';
import { dec } from '../lib/format.ts';
import { kstrtouint } from '../lib/kstrtox.ts';

export type SecurityState = 'disabled' | 'unlocked' | 'locked' | 'overwrite';

/** What a DIMM with a passphrase does. Survives drivers; keys are named by their key ring id. */
export class DimmSecurity {
  state: SecurityState;
  frozen: boolean;
  /** Key ids that exist and hold the right passphrase. */
  readonly keys: ReadonlySet<number>;

  constructor(state: SecurityState, frozen: boolean, keys: Iterable<number>) {
    this.state = state;
    this.frozen = frozen;
    this.keys = new Set(keys);
  }

  /** The machine starts anew: a passphrase is asked for again. */
  reset(): void {
    this.frozen = false;
    if (this.state === 'unlocked') this.state = 'locked';
  }

  /** nvdimm_security_unlock, when the driver takes the DIMM: with a known key a locked DIMM opens. */
  unlock(): void {
    if (this.state === 'locked' && !this.frozen && this.keys.size > 0) this.state = 'unlocked';
  }
}

interface Command {
  /** How many key ids follow. */
  readonly keys: number;
  /** Refused while an enabled region uses the DIMM. */
  readonly idleOnly?: boolean;
  readonly next?: SecurityState;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  freeze: { keys: 0 },
  disable: { keys: 1, next: 'disabled' },
  disable_master: { keys: 1, next: 'disabled' },
  update: { keys: 2, next: 'unlocked' },
  erase: { keys: 1, idleOnly: true, next: 'disabled' },
  overwrite: { keys: 1, idleOnly: true, next: 'disabled' },
  master_update: { keys: 2 },
  master_erase: { keys: 1, idleOnly: true, next: 'disabled' },
};

/** A DIMM as its security attributes see it. */
export interface SecuredDimm {
  readonly name: string;
  readonly security: DimmSecurity | undefined;
  readonly active: boolean;
  /** The content is gone. */
  erase(): void;
}

export const securityAttributes = group<SecuredDimm>(
  {
    security: rw(dimm => `${dimm.security!.state}\n`, storeSecurity),
    frozen: ro(dimm => dec(Number(dimm.security!.frozen))),
  },
  { visible: (dimm, _name, mode) => (dimm.security ? mode : 0) },
);

function overwriting({ name }: SecuredDimm): Errno {
  return refusal(EBUSY, `${name} is being overwritten`);
}

/**
 * nvdimm_security_store: `COMMAND [KEY [NEWKEY]]`. EINVAL for an unknown command, EBUSY while in use or overwriting,
 * EIO when frozen, ENOKEY for a key that is not there.
 */
function storeSecurity(dimm: SecuredDimm, text: string): Errno | undefined {
  const [name = '', ...ids] = text.trim().split(/\s+/);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) return refusal(EINVAL, `a command is one of ${Object.keys(COMMANDS).join(', ')}`);
  const keys: number[] = [];
  for (let i = 0; i < command.keys; i++) {
    const key = kstrtouint(ids[i] ?? '');
    if (isErrno(key)) return key;
    keys.push(key);
  }
  const security = dimm.security!;
  if (name === 'freeze') {
    if (security.state === 'overwrite') return overwriting(dimm);
    security.frozen = true;
    return undefined;
  }
  if (command.idleOnly && dimm.active)
    return refusal(EBUSY, `${dimm.name} is active: disable its regions first`);
  if (security.frozen) return refusal(EIO, `security of ${dimm.name} is frozen until the next boot`);
  if (security.state === 'overwrite') return overwriting(dimm);
  if (keys.some((key, i) => !security.keys.has(key) && !(key === 0 && i === 0)))
    return refusal(ENOKEY, 'the keyring has no such key');
  if (command.idleOnly) dimm.erase();
  if (command.next) security.state = command.next;
  return undefined;
}
