import { group, ro } from '../fs/attribute.ts';
import type { ChildSource } from '../fs/directory.ts';
import type { KernelProfile } from '../releases/profile.ts';

/** drivers/base/cpu.c cpu_root_vulnerabilities_attrs: those that the kernel knows of, none of which the processor has. */
export function vulnerabilities({ cpu }: KernelProfile): ChildSource {
  const known = Object.entries(cpu.vulnerabilities).filter(([, isKnown]) => isKnown);
  const files = Object.fromEntries(known.map(([name]) => [name, ro(() => 'Not affected\n')]));
  return group(files, { stable: true }).of(undefined);
}
