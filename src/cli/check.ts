import type { MachineDescription } from '../machine/description.ts';
import { formatMachineError, readMachineFile } from './machine-source.ts';

export async function check({ file }: { readonly file: string }): Promise<number> {
  const outcome = await readMachineFile(file);
  if (Array.isArray(outcome)) {
    for (const error of outcome) process.stderr.write(`${formatMachineError(file, error)}\n`);
    return 1;
  }
  const { name, kernel } = outcome as MachineDescription;
  process.stdout.write(`${file}: good (machine ${name}, Linux ${kernel})\n`);
  return 0;
}
