import { filePrograms } from './file-programs.ts';
import { modulePrograms } from './module-programs.ts';
import type { Program } from './program.ts';
import { textPrograms } from './text-programs.ts';

/** The programs of the shell, with the messages of busybox, in which the recordings were made. */
export const programs: Readonly<Record<string, Program>> = {
  ...textPrograms,
  ...filePrograms,
  ...modulePrograms,
};
