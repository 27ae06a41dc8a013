import { readMachineFile } from '../api/machine-source.ts';
import { refusedAtBoot } from '../api/rack-source.ts';
import { KERN_WARNING } from '../kernel/base/printk.ts';
import { throwBug } from '../kernel/fs/guarded-file.ts';
import { noTimer } from '../kernel/lib/timer.ts';
import { profileOf } from '../kernel/releases/history.ts';
import { standingOf } from '../kernel/releases/standing.ts';
import { parseCommandLine } from '../machine/cmdline.ts';
import {
  formatMachineError,
  isErrors,
  type MachineDescription,
  type MachineError,
} from '../machine/description.ts';
import { withoutEffect } from '../machine/hotplug-options.ts';
import type { Machine } from '../machine/machine.ts';

/** The rest of a log with more complaints is much the same. */
const SHOWN_COMPLAINTS = 12;

export interface CheckValues {
  readonly file: string;
  readonly kernel: string | undefined;
}

/** `daxsim check`: what is wrong with a machine file, or else what is remarkable about its machine. */
export async function check({ file, ...choice }: CheckValues): Promise<number> {
  const outcome = await readMachineFile(file, choice);
  if (isErrors(outcome)) {
    report(file, outcome);
    return 1;
  }
  const { machine, errors } = await boot(outcome);
  if (errors.length > 0) {
    report(file, errors);
    return 1;
  }
  report(file, [...remarks(outcome), ...complaints(machine)]);
  const { name, kernel } = outcome;
  const block = machine.memory.blockSize >> 20n;
  process.stdout.write(`${file}: good (machine ${name}, Linux ${kernel}, memory blocks of ${block} MiB)\n`);
  return 0;
}

function report(file: string, errors: readonly MachineError[]): void {
  for (const error of errors) process.stderr.write(`${formatMachineError(file, error)}\n`);
}

/** What of the file is taken otherwise than it was perhaps meant. */
function remarks({ kernel, cmdline }: MachineDescription): MachineError[] {
  const profile = profileOf(kernel);
  const idle = withoutEffect(parseCommandLine(cmdline), profile);
  const { known, words } = standingOf(kernel);
  return [
    ...(known === 'recorded' ? [] : [{ path: 'kernel', message: `${kernel} ${words}` }]),
    ...idle.map(message => ({ path: 'cmdline', message })),
  ];
}

/** What the simulated kernel warns of while it boots: ranges that no driver takes, parameters that it does not know. */
function complaints({ log }: Machine): MachineError[] {
  const found: string[] = [];
  for (let sequence = log.first; sequence < log.next; sequence++) {
    const { priority, text } = log.at(sequence)!;
    if (priority <= KERN_WARNING) found.push(text);
  }
  const shown = found.slice(0, SHOWN_COMPLAINTS);
  if (found.length > shown.length) shown.push(`and ${found.length - shown.length} lines more`);
  return shown.map(message => ({ path: 'dmesg', message }));
}

/** Boots the machine: whether a module is known and a command works is seen then. */
async function boot(
  description: MachineDescription,
): Promise<{ readonly machine: Machine; readonly errors: readonly MachineError[] }> {
  const { createFileSystem } = await import('../api/rack-source.ts');
  const errors: MachineError[] = [];
  let booted: Machine | undefined;
  await createFileSystem([{ description }], {
    clock: () => 0n,
    timer: noTimer,
    onBug: throwBug,
    onLog: () => {},
    onBoot: machine => {
      booted = machine;
      errors.push(...machine.refusedCommands.map(command => ({ path: '', message: refusedAtBoot(command) })));
    },
  });
  return { machine: booted!, errors };
}
