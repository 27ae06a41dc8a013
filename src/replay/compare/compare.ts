import { isDeepStrictEqual } from 'node:util';
import type { JournalEntries } from '../journal.ts';
import type { LogLine, Observation, Step } from '../step.ts';
import { Calibration } from './calibration.ts';
import { answersWithDeclaredSize, withDeclaredSize } from './content-sizes.ts';
import { type Dump, keyOf, type LineChange } from './dump.ts';
import {
  beyondMachine,
  looseExit,
  maskedAnswers,
  maskLines,
  nodeCounters,
  rateLimited,
  unordered,
} from './masks.ts';

export interface Mismatch {
  readonly seq: number;
  readonly field: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

export interface ShellAnswer {
  readonly exit: number;
  readonly stdout: string;
}

type Difference = Omit<Mismatch, 'seq'>;

/** Which of an observation's answers are compared, beside those that an operation adds. */
const IGNORED_ANSWERS: ReadonlySet<string> = new Set(['stage', 'bytes_b64', ...Object.keys(maskedAnswers)]);
/** Answers that tell the length of a content, which says nothing where lines of it are masked. */
const LENGTHS = ['n', 'reads'];

/** Compares one machine with one recording, step after step. */
export class Comparison {
  readonly #limited: boolean;
  readonly #sizedByContent: boolean;
  readonly #calibration: Calibration;
  #recordedSeqnum: number | undefined;
  #ownSeqnum: number | undefined;

  constructor(kernel: string, recorded: Dump, ours: Dump, sizedByContent = false) {
    this.#sizedByContent = sizedByContent;
    this.#limited = rateLimited.kernels.test(kernel);
    this.#calibration = new Calibration(recorded, ours);
  }

  operation(step: Step, answered: Observation): Difference[] {
    const observation = this.#sizedByContent ? answersWithDeclaredSize(step, answered) : answered;
    const differences: Difference[] = [];
    let ignored = IGNORED_ANSWERS;
    if (step.bytes_b64 !== undefined && observation.bytes_b64 !== undefined) {
      const expected = decode(step.bytes_b64);
      const actual = this.#calibration.text(expected, decode(observation.bytes_b64));
      differences.push(...textsDiffer('bytes', step.path ?? '', expected, actual));
      if (isMasked(expected)) ignored = new Set([...IGNORED_ANSWERS, ...LENGTHS]);
    }
    for (const [field, actual] of Object.entries(observation)) {
      if (ignored.has(field)) continue;
      const expected = field === 'st' ? withoutDevice(step.st) : step[field];
      if (!isDeepStrictEqual(expected, actual)) differences.push({ field, expected, actual });
    }
    return differences;
  }

  shell(step: Step, answer: ShellAnswer): Difference[] {
    const { cmd = '' } = step;
    if (beyondMachine.some(({ pattern }) => pattern.test(cmd))) return [];
    const differences: Difference[] = [];
    const bothFail = step.exit !== 0 && answer.exit !== 0 && looseExit.test(step.cmd ?? '');
    if (step.exit !== answer.exit && !bothFail) {
      differences.push({ field: 'exit', expected: step.exit, actual: answer.exit });
    }
    const stdout = this.#calibration.text(step.stdout ?? '', answer.stdout);
    differences.push(
      ...textsDiffer('stdout', '', step.stdout ?? '', stdout, {
        sizedByContent: this.#sizedByContent,
        counted: nodeCounters.command.test(cmd),
      }),
    );
    return differences;
  }

  journal(step: Step, { uevents, dmesg }: JournalEntries): Difference[] {
    const differences: Difference[] = [];
    const expectedEvents = (step.uevents ?? []).map(event => {
      const { shown, seqnum } = relativeSeqnum(event, this.#recordedSeqnum);
      this.#recordedSeqnum = seqnum;
      return shown;
    });
    const actualEvents = uevents.map(event => {
      const { shown, seqnum } = relativeSeqnum(event, this.#ownSeqnum);
      this.#ownSeqnum = seqnum;
      return shown;
    });
    if (!isDeepStrictEqual(inOneOrder(expectedEvents), inOneOrder(actualEvents))) {
      differences.push({ field: 'uevents', expected: expectedEvents, actual: actualEvents });
    }
    const expectedLog = logLines(step.dmesg ?? []);
    const actualLog = logLines(this.#withoutHeldBack(step.dmesg ?? [], dmesg));
    if (!isDeepStrictEqual(expectedLog, actualLog)) {
      differences.push({ field: 'dmesg', expected: expectedLog, actual: actualLog });
    }
    return differences;
  }

  /** Passes over a step that was not done: what it sent is in the recording's numbers. */
  skip(step: Step): void {
    for (const event of step.uevents ?? []) {
      this.#recordedSeqnum = relativeSeqnum(event, this.#recordedSeqnum).seqnum;
    }
  }

  changes(step: Step, changes: readonly LineChange[]): Difference[] {
    const recorded = new Map((step.changes ?? []).map(change => [changeKey(change), change.slice(2)]));
    // A recorder that watched a place twice saw it change twice.
    const expected = [...new Set(step.changes)];
    const [missing, extra] = onlyOnOneSide(expected, [...this.#changedLines(changes, recorded)]);
    return linesDiffer('changes', maskChanges(missing, recorded), maskChanges(extra, recorded));
  }

  dump(name: string, recorded: Dump, ours: Dump): Difference[] {
    const expected: string[] = [];
    const actual: string[] = [];
    const expect = (key: string, line: string) => expected.push(comparableLine(key, line, line));
    for (const [key, line] of ours) {
      const counterpart = recorded.get(key);
      const calibrated = this.#asRecorded(line, counterpart);
      if (calibrated === counterpart) continue;
      actual.push(comparableLine(key, calibrated, counterpart ?? calibrated));
      if (counterpart !== undefined) expect(key, counterpart);
    }
    for (const [key, line] of recorded) if (!ours.has(key)) expect(key, line);
    return linesDiffer(`dump.${name}`, maskLines('dump', expected), maskLines('dump', actual));
  }

  /** A line of ours as it would read on the recorded machine, whose line of the same thing is given. */
  #asRecorded(line: string, recorded: string | undefined): string {
    const calibrated = this.#calibration.line(line);
    return this.#sizedByContent ? withDeclaredSize(calibrated, recorded) : calibrated;
  }

  *#changedLines(changes: readonly LineChange[], recorded: ReadonlyMap<string, string>): Generator<string> {
    for (const { key, before, after } of changes) {
      if (before !== undefined && after !== undefined && this.#onlyCounters(key, before, after)) continue;
      if (before !== undefined) yield `- ${this.#asRecorded(before, recorded.get(`- ${key}`))}`;
      if (after !== undefined) yield `+ ${this.#asRecorded(after, recorded.get(`+ ${key}`))}`;
    }
  }

  #onlyCounters(key: string, old: string, now: string): boolean {
    if (!nodeCounters.path.test(key)) return false;
    const resized = this.#sizedByContent ? withDeclaredSize(now, old) : now;
    return splitContent(old)[0] === splitContent(resized)[0];
  }

  /** Drops our lines that the recorded kernel may have held back. */
  #withoutHeldBack(expected: readonly LogLine[], actual: readonly LogLine[]): readonly LogLine[] {
    if (!this.#limited) return actual;
    const stands = new Set(expected.map(({ text }) => text));
    return actual.filter(({ text }) => stands.has(text) || !rateLimited.pattern.test(text));
  }
}

/** Neighbours that may change places are put in one order. */
function inOneOrder(events: readonly (readonly string[])[]): string[] {
  const texts = events.map(event => event.join());
  const ordered: string[] = [];
  for (let i = 0; i < texts.length; ) {
    let end = i;
    while (end < texts.length && unordered.test(texts[end]!)) end++;
    ordered.push(...(end > i ? texts.slice(i, end).sort() : [texts[end++]!]));
    i = end;
  }
  return ordered;
}

/** SEQNUM as the distance to the event before; its absolute value is the boot's. */
function relativeSeqnum(event: readonly string[], previous: number | undefined) {
  let seqnum = previous;
  const shown = event.map(entry => {
    if (!entry.startsWith('SEQNUM=')) return entry;
    seqnum = Number(entry.slice('SEQNUM='.length));
    return previous === undefined ? 'SEQNUM=first' : `SEQNUM=+${seqnum - previous}`;
  });
  return { shown, seqnum };
}

function logLines(records: readonly LogLine[]): unknown[] {
  return records.flatMap(({ prio, text, dict }) =>
    maskLines('dmesg', [text]).map(masked => ({ prio, text: masked, dict: dict ?? [] })),
  );
}

function maskChanges(changes: readonly string[], recorded: ReadonlyMap<string, string>): string[] {
  return changes.flatMap(change => {
    const line = change.slice(2);
    const comparable = comparableLine(keyOf(line), line, recorded.get(changeKey(change)) ?? line);
    return maskLines('dump', [comparable]).map(masked => change.slice(0, 2) + masked);
  });
}

function changeKey(change: string): string {
  return change.slice(0, 2) + keyOf(change.slice(2));
}

/** Without the numbers of a counter file where `recorded`, its line in the recording, shows a node in use. */
function comparableLine(key: string, line: string, recorded: string): string {
  if (!nodeCounters.path.test(key) || !nodeCounters.inUse.test(recorded)) return line;
  const [head, content] = splitContent(line);
  return head + withoutCounts(content);
}

function withoutCounts(text: string): string {
  return text.replace(nodeCounters.counts, '$1N').replace(/ +/g, ' ');
}

function splitContent(line: string): [string, string] {
  const at = line.indexOf(' = "');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at)];
}

/**
 * What is left to compare of two texts, when it differs. A command that counts lines (`grep -A4`) shows us others in place
 * of masked ones, so at the end of ours as many more may stand as were masked.
 */
function textsDiffer(
  field: string,
  path: string,
  expected: string,
  actual: string,
  { sizedByContent = false, counted = nodeCounters.path.test(path) } = {},
): Difference[] {
  if (expected === actual) return [];
  const [left, right] = [expected, actual].map(text =>
    maskLines('text', text.replace(/\n$/, '').split('\n'), sizedByContent).map(line =>
      counted && (path === '' || nodeCounters.inUse.test(expected)) ? withoutCounts(line) : line,
    ),
  ) as [string[], string[]];
  const dropped = expected.replace(/\n$/, '').split('\n').length - left.length;
  const same = right.length <= left.length + dropped ? right.slice(0, left.length) : right;
  const endsAlike = expected.endsWith('\n') === actual.endsWith('\n');
  return isDeepStrictEqual(left, same) && endsAlike
    ? []
    : [{ field, expected: left.join('\n'), actual: right.join('\n') }];
}

function isMasked(text: string): boolean {
  return maskLines('text', text.split('\n')).join('\n') !== text;
}

/** Lines that only one side has, as a difference; dumps and changes have no order. */
function linesDiffer(field: string, expected: readonly string[], actual: readonly string[]): Difference[] {
  const [missing, extra] = onlyOnOneSide(expected, actual);
  return missing.length + extra.length === 0 ? [] : [{ field, expected: missing, actual: extra }];
}

function onlyOnOneSide(left: readonly string[], right: readonly string[]): [string[], string[]] {
  return [subtract(left, right), subtract(right, left)];
}

function subtract(from: readonly string[], what: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of what) counts.set(line, (counts.get(line) ?? 0) + 1);
  return from.filter(line => {
    const count = counts.get(line) ?? 0;
    if (count > 0) counts.set(line, count - 1);
    return count === 0;
  });
}

function withoutDevice(status: unknown): unknown {
  const { dev: _, ...rest } = (status ?? {}) as Record<string, unknown>;
  return rest;
}

function decode(base64: unknown): string {
  return Buffer.from(String(base64), 'base64').toString('latin1');
}
