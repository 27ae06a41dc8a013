import { machineJsonSchema } from '../machine/schema.ts';

export async function printSchema(): Promise<number> {
  process.stdout.write(`${JSON.stringify(machineJsonSchema(), undefined, 2)}\n`);
  return 0;
}
