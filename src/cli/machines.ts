import { Failure } from '../api/failure.ts';
import { presets } from '../machine/presets/index.ts';
import { didYouMean } from '../machine/suggestion.ts';

export interface MachinesValues {
  readonly name: string | undefined;
  readonly kernel: string | undefined;
}

/** `daxsim machines`: all of them in a line each, or one as the file that it might have come from. */
export async function machines({ name, kernel }: MachinesValues): Promise<number> {
  const text = name === undefined ? list() : await machineFile(name, kernel);
  process.stdout.write(text);
  return 0;
}

function list(): string {
  const names = Object.keys(presets);
  const width = Math.max(...names.map(name => name.length));
  return names.map(name => `${name.padEnd(width)}  ${presets[name]!.summary}\n`).join('');
}

async function machineFile(name: string, kernel: string | undefined): Promise<string> {
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (!preset) throw new Failure(`no machine "${name}"${didYouMean(name, Object.keys(presets))}`);
  const { formatMachine } = await import('../machine/format-machine.ts');
  return `# ${preset.summary}\n${formatMachine(kernel === undefined ? preset.spec : { ...preset.spec, kernel })}`;
}
