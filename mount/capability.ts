import { readFileSync } from 'node:fs';

const CAP_SYS_ADMIN = 21n;

/** Whether CAP_SYS_ADMIN is among the effective capabilities of a process, this one when none is named: it may mount. @throws when it is gone */
export function hasSysAdmin(pid: number | 'self' = 'self'): boolean {
  const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return capabilities !== undefined && ((BigInt(`0x${capabilities}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
}
