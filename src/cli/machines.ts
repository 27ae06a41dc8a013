import { presets } from '../machine/presets/index.ts';

export async function listMachines(): Promise<number> {
  const names = Object.keys(presets);
  const width = Math.max(...names.map(name => name.length));
  for (const name of names) process.stdout.write(`${name.padEnd(width)}  ${presets[name]!.summary}\n`);
  return 0;
}
