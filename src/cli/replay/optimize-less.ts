import { setFlagsFromString } from 'node:v8';

/**
 * Lets V8's optimizing compiler wait longer: it takes a third of the time of a replay, whose steps are too different for
 * what it makes to pay. Only for a process that replays and ends.
 */
export function optimizeLess(): void {
  setFlagsFromString('--interrupt-budget=1000000');
}
