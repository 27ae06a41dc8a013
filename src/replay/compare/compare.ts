import { isDeepStrictEqual } from 'node:util';
import type { JournalEntries } from '../journal.ts';
import type { LogLine, Observation, Step } from '../step.ts';
import { Calibration } from './calibration.ts';
import { answersWithDeclaredSize, withDeclaredSize } from './content-sizes.ts';
import { type Dump, keyOf, type LineChange } from './dump.ts';
import { withRecordedFree } from './free-memory.ts';
import {
  beyondMachine,
  looseExit,
  maskedAnswers,
  maskLines,
  nodeCounters,
  rateLimited,
  showsContext,
  unordered,
} from './masks.ts';
import type { OtherVersion } from './programs.ts';
import { TotalPages } from './total-pages.ts';
import { Uuids } from './uuids.ts';

export interface Mismatch {
  readonly seq: number;
  readonly field: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

export interface ShellAnswer {
  readonly exit: number;
  readonly stdout: string;
  /** Programs of other versions than the recorded: what they print is not compared. */
  readonly others?: readonly OtherVersion[];
}

interface TextOptions {
  /** Of counters, only the names are compared. */
  readonly counted: boolean;
  /** As many lines as are masked may stand at the end of ours in their place. */
  readonly context?: boolean;
}

type Difference = Omit<Mismatch, 'seq'>;

/** What of a step is no answer, or is compared elsewhere. */
const NO_ANSWERS: ReadonlySet<string> = new Set([
  ...[
    'seq',
    'op',
    'uid',
    'path',
    'fd',
    'flags',
    'offset',
    'whence',
    'len',
    'bufsize',
    'mode',
    'name',
    'target',
    'to',
  ],
  ...['prot', 'mflags', 'data', 'data_b64', 'data2', 'data2_b64', 'cmd', 'text'],
  ...['bytes_b64', 'dmesg', 'uevents', 'changes'],
  ...Object.keys(maskedAnswers),
]);
/** Answers that tell the length of a content, which says nothing where lines of it are masked. */
const LENGTHS = ['n', 'reads'];

/** Compares one machine with one recording, step after step. */
export class Comparison {
  readonly #limited: boolean;
  readonly #sizedByContent: boolean;
  readonly #calibration: Calibration;
  readonly #uuids = new Uuids();
  readonly #totalPages = new TotalPages();
  /** Complaints in the recording so far. */
  #complaints = 0;
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
    const ignored = new Set(NO_ANSWERS);
    this.#uuids.give(decode(step.data_b64 ?? ''));
    if (step.bytes_b64 !== undefined && observation.bytes_b64 !== undefined) {
      const expected = decode(step.bytes_b64);
      const counted = nodeCounters.path.test(step.path ?? '') && nodeCounters.inUse.test(expected);
      differences.push(...this.#textsDiffer('bytes', expected, decode(observation.bytes_b64), { counted }));
      if (counted || isMasked(expected)) for (const length of LENGTHS) ignored.add(length);
    } else if ((step.bytes_b64 ?? '') !== (observation.bytes_b64 ?? '')) {
      differences.push({ field: 'bytes', expected: step.bytes_b64, actual: observation.bytes_b64 });
    }
    for (const field of new Set([...Object.keys(step), ...Object.keys(observation)])) {
      if (ignored.has(field)) continue;
      const expected = field === 'st' ? withoutDevice(step.st) : step[field];
      const actual = observation[field];
      if (!isDeepStrictEqual(expected, actual)) differences.push({ field, expected, actual });
    }
    return differences;
  }

  shell(step: Step, answer: ShellAnswer): Difference[] {
    const { cmd = '' } = step;
    if (beyondMachine.some(({ pattern }) => pattern.test(cmd))) return [];
    const differences: Difference[] = [];
    const { others = [] } = answer;
    const bothFail = step.exit !== 0 && answer.exit !== 0 && looseExit.test(cmd);
    const otherStatuses = others.some(({ otherStatuses }) => otherStatuses);
    if (step.exit !== answer.exit && !bothFail && !otherStatuses) {
      differences.push({ field: 'exit', expected: step.exit, actual: answer.exit });
    }
    this.#uuids.give(cmd);
    if (others.length > 0) return differences;
    const how = { counted: nodeCounters.command.test(cmd), context: showsContext.test(cmd) };
    differences.push(...this.#textsDiffer('stdout', step.stdout ?? '', answer.stdout, how));
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
    const calibrated = this.#totalPages.asRecorded(this.#withoutHeldBack(step, dmesg), step.dmesg ?? []);
    const actualLog = logLines(calibrated);
    if (!isDeepStrictEqual(expectedLog, actualLog)) {
      differences.push({ field: 'dmesg', expected: expectedLog, actual: actualLog });
    }
    return differences;
  }

  /** Passes over a step that was not done: what it sent is in the recording's numbers. */
  skip(step: Step): void {
    this.#complaints += complaints(step.dmesg ?? []);
    for (const event of step.uevents ?? []) {
      this.#recordedSeqnum = relativeSeqnum(event, this.#recordedSeqnum).seqnum;
    }
  }

  changes(step: Step, changes: readonly LineChange[]): Difference[] {
    const expected = seenOnce(step.changes ?? []);
    const recorded = new Map(expected.map(change => [changeKey(change), change.slice(2)]));
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
    const calibrated = this.#uuids.asRecorded(this.#calibration.line(line), recorded ?? '');
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
  #withoutHeldBack({ dmesg = [], result, op }: Step, actual: readonly LogLine[]): readonly LogLine[] {
    const early = this.#complaints < rateLimited.burst;
    this.#complaints += complaints(dmesg);
    const fails = result !== 'OK' || op === 'sh';
    if (!this.#limited || !fails || (early && this.#complaints < rateLimited.burst)) return actual;
    const stands = new Set(dmesg.map(({ text }) => text));
    return actual.filter(({ text }) => stands.has(text) || !rateLimited.pattern.test(text));
  }

  /** What is left to compare of two texts, when it differs. */
  #textsDiffer(field: string, expected: string, ours: string, how: TextOptions): Difference[] {
    const named = this.#uuids.asRecorded(this.#calibration.text(expected, ours), expected);
    const actual = withRecordedFree(named, expected, node => this.#calibration.isInUse(node));
    if (expected === actual) return [];
    const [left, right] = [expected, actual].map(text =>
      maskLines('text', text.split('\n'), this.#sizedByContent).map(line =>
        how.counted ? withoutCounts(line) : line,
      ),
    ) as [string[], string[]];
    if (how.context) {
      const masked = expected.split('\n').length - left.length;
      right.splice(left.length - 1, Math.min(masked, Math.max(0, right.length - left.length)));
    }
    return isDeepStrictEqual(left, right)
      ? []
      : [{ field, expected: left.join('\n'), actual: right.join('\n') }];
  }
}

function complaints(log: readonly LogLine[]): number {
  return log.filter(({ text }) => rateLimited.pattern.test(text)).length;
}

/** A path has one line: the recorder looks twice at a bus that lies below another of its roots. */
function seenOnce(changes: readonly string[]): string[] {
  const paths = new Set<string>();
  return changes.filter(change => {
    if (change.startsWith('/proc/', 2)) return true;
    const known = paths.has(change);
    paths.add(change);
    return !known;
  });
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
