import { describe, expect, it } from 'vitest';
import { Comparison } from '../../../src/replay/compare/compare.ts';
import { parseDump } from '../../../src/replay/compare/dump.ts';
import { otherVersion } from '../../../src/replay/compare/programs.ts';
import type { Step } from '../../../src/replay/step.ts';

const EMPTY = parseDump('');

function differences(name: string, version: string, recorded: Partial<Step>, exit: number, stdout: string) {
  const step: Step = { seq: 1, op: 'sh', uid: 0, cmd: name, exit: 0, stdout: '', ...recorded };
  const other = otherVersion(name, version);
  const answer = { exit, stdout, ...(other && { others: [other] }) };
  return new Comparison('6.12.117', EMPTY, EMPTY).shell(step, answer).map(({ field }) => field);
}

describe('a program of the recorded version', () => {
  it.each([
    ['daxctl', '76.1\n'],
    ['lsmem', 'lsmem from util-linux 2.38.1\n'],
    ['numactl', ''],
    ['cat', 'cat (GNU coreutils) 9.7\n'],
  ])('is held to what it printed and to its status: %s', (name, version) => {
    expect(differences(name, version, { stdout: 'two\n' }, 1, 'three\n')).toEqual(['exit', 'stdout']);
  });
});

describe('a program of another version than the recorded', () => {
  it('is judged by its status, not by what it prints', () => {
    const version = 'lsmem from util-linux 2.41\n';
    expect(differences('lsmem', version, { stdout: 'two\n' }, 0, 'three\n')).toEqual([]);
    expect(differences('lsmem', version, { stdout: 'two\n' }, 1, 'three\n')).toEqual(['exit']);
  });

  it('is judged by what it did alone where statuses changed: daxctl 81 finds no fault with a name that is not there', () => {
    expect(differences('daxctl', '81\n', { exit: 250 }, 0, '')).toEqual([]);
  });

  it('is named with its version', () => {
    expect(otherVersion('daxctl', '81\n')?.program).toBe('daxctl 81');
    expect(otherVersion('numactl', '2.0.19\n')?.program).toBe('numactl 2.0.19');
  });
});
