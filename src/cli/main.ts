#!/usr/bin/env node
import { Failure } from '../api/failure.ts';
import { commands } from './commands.ts';
import { runProgram } from './program.ts';
import { version } from './version.ts';

const about = {
  name: 'daxsim',
  version,
  summary: 'A simulated Linux machine with differentiated memory, served as files.',
  notes: 'Run "daxsim COMMAND --help" for the options of a command; start with "daxsim demo".',
};

// A reader that has seen enough, as in `daxsim machines | head -n 1`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`daxsim: cannot write to standard output: ${error.message}\n`);
  process.exitCode = 1;
});
// Nobody is left to be told.
process.stderr.on('error', () => {});

try {
  process.exitCode = await runProgram(about, commands, process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`daxsim: ${error.message}\n`);
  process.exitCode = error.status;
}
