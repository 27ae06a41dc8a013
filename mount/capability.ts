import { readFileSync } from 'node:fs';

const CAP_SYS_ADMIN = 21n;

/** Whether this process may mount: CAP_SYS_ADMIN is among its effective capabilities. */
export function hasSysAdmin(): boolean {
  const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return capabilities !== undefined && ((BigInt(`0x${capabilities}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
}
