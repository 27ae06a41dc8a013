import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

export interface Options {
  /** CPUs as taskset(1) takes them; undefined leaves it to the scheduler. */
  readonly pin: string | undefined;
  readonly json: string;
  readonly quick: boolean;
  readonly help: boolean;
  /** Benchmarks to run; empty for all. */
  readonly names: readonly string[];
}

/** @throws {TypeError} for an option that is none. */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      pin: { type: 'string' },
      json: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return {
    pin: values.pin,
    json: values.json ?? join(tmpdir(), 'daxsim-bench.json'),
    quick: values.quick,
    help: values.help,
    names: positionals,
  };
}
