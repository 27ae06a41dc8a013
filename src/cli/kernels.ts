import { CHANGES } from '../kernel/releases/changes.ts';
import { isBefore } from '../kernel/releases/history.ts';
import { OLDEST } from '../kernel/releases/oldest.ts';
import { recordedSeries, type Standing, standingOf } from '../kernel/releases/standing.ts';

const KNOWN: Readonly<Record<Standing['known'], string>> = {
  recorded: 'recorded',
  read: 'its sources were read',
  between: 'by commits and sources',
  newer: 'not known',
};

/** `daxsim kernels`: each series that differs from the one before, how it is known, what it brought and what proves that. */
export async function kernels(): Promise<number> {
  const series = new Set([OLDEST.name, ...recordedSeries, ...CHANGES.map(({ release }) => release)]);
  for (const name of [...series].sort((a, b) => (isBefore(a, b) ? -1 : 1))) {
    process.stdout.write(`${name.padEnd(5)} ${KNOWN[standingOf(name).known]}\n`);
    for (const { release, brought, proof } of CHANGES)
      if (release === name) process.stdout.write(`      ${brought}\n        proof: ${proof}\n`);
  }
  return 0;
}
