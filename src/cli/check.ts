import { profileOf } from '../base/profile.ts';
import { throwBug } from '../fs/guarded-file.ts';
import { parseCommandLine } from '../machine/cmdline.ts';
import { isErrors, type MachineDescription, type MachineError } from '../machine/description.ts';
import { withoutEffect } from '../machine/hotplug-options.ts';
import { formatMachineError, readMachineFile } from './machine-source.ts';

export async function check({ file }: { readonly file: string }): Promise<number> {
  const outcome = await readMachineFile(file);
  const errors = isErrors(outcome) ? outcome : await bootErrors(outcome);
  report(file, errors);
  if (isErrors(outcome) || errors.length > 0) return 1;
  const { name, kernel, cmdline } = outcome;
  const idle = withoutEffect(parseCommandLine(cmdline), profileOf(kernel));
  report(
    file,
    idle.map(message => ({ path: 'cmdline', message })),
  );
  process.stdout.write(`${file}: good (machine ${name}, Linux ${kernel})\n`);
  return 0;
}

function report(file: string, errors: readonly MachineError[]): void {
  for (const error of errors) process.stderr.write(`${formatMachineError(file, error)}\n`);
}

/** Boots the machine: whether a module is known and a command works is seen then. */
async function bootErrors(description: MachineDescription): Promise<MachineError[]> {
  const { createFileSystem } = await import('./rack-source.ts');
  const errors: MachineError[] = [];
  await createFileSystem([{ description }], {
    clock: () => 0n,
    onBug: throwBug,
    onLog: ({ message }) => errors.push({ path: '', message }),
  });
  return errors;
}
