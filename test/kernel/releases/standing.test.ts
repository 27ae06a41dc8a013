import { expect, it } from 'vitest';
import { standingOf } from '../../../src/kernel/releases/standing.ts';

it.each([
  ['6.18.15', 'recorded', 'is as recorded'],
  ['7.3', 'recorded', 'is as recorded'],
  ['6.6.1', 'read', 'follows its sources, not a recording'],
  ['5.4', 'read', 'follows its sources, not a recording'],
  ['6.15', 'between', 'lies between 6.12 and 6.16, with what is known to have come by 6.15'],
  ['7.1.13', 'between', 'lies between 6.18 and 7.2, with what is known to have come by 7.1'],
  ['5.11', 'between', 'lies between 5.10 and 6.1'],
  ['7.4', 'newer', 'is newer than all that is known and behaves as 7.3'],
  ['8.0.1', 'newer', 'is newer than all that is known and behaves as 7.3'],
])('Linux %s is %s: it %s', (release, known, words) => expect(standingOf(release)).toEqual({ known, words }));
