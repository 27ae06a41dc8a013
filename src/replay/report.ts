import type { Mismatch } from './compare/compare.ts';
import type { ScenarioReport } from './replay.ts';
import type { Scenario } from './scenario.ts';

const WIDTH = 56;
const MAX_LINES = 12;

export function summaryLine(report: ScenarioReport): string {
  const { name, kernel, matched, total, skipped, detours, otherVersions } = report;
  const percent = total === 0 ? '-' : `${((100 * matched) / total).toFixed(1)} %`;
  const apart = [
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...[...detours].map(([reason, steps]) => `${steps} asked of the engine: ${reason}`),
    ...[...otherVersions].map(([program, steps]) => `${steps} by what ${program} does, not what it prints`),
  ];
  const note = apart.length > 0 ? `  (${apart.join('; ')})` : '';
  const mark = matched === total ? 'ok  ' : 'FAIL';
  return `${mark} ${name.padEnd(42)} ${kernel.padEnd(10)} ${`${matched}/${total}`.padStart(9)} ${percent.padStart(8)}${note}`;
}

/** Expected and actual side by side, with the step as the transcript has it. */
export function formatMismatch(scenario: Scenario, mismatch: Mismatch): string {
  const index = scenario.steps.findIndex(({ seq }) => seq === mismatch.seq);
  const step = scenario.steps[index];
  const what = step
    ? [
        step.op,
        step.uid === 0 ? '' : `(uid ${step.uid})`,
        step.cmd ?? step.path ?? step.fd ?? '',
        shownData(step.data),
      ]
    : ['the whole tree'];
  const place = index < 0 ? '' : `, line ${index + 1}`;
  const head = `  seq ${mismatch.seq}${place}: ${what.filter(text => text !== '').join(' ')}\n    ${mismatch.field}:`;
  const left = shownLines(mismatch.expected);
  const right = shownLines(mismatch.actual);
  if (left.length === 1 && right.length === 1 && left[0]!.length + right[0]!.length < 2 * WIDTH) {
    return `${head} expected ${left[0]}   actual ${right[0]}\n`;
  }
  const same = commonStart(left, right);
  const rows = [['expected', 'actual']];
  if (same > 0) rows.push([`(${same} lines as expected)`, '']);
  const last = Math.max(left.length, right.length);
  for (let i = same; i < Math.min(same + MAX_LINES, last); i++) rows.push([left[i] ?? '', right[i] ?? '']);
  const more = last - same - MAX_LINES;
  const table = rows.map(([a, b]) => sideBySide(a!, b!)).join('');
  return `${head}\n${table}${more > 0 ? `      … ${more} more lines\n` : ''}`;
}

function commonStart(left: readonly string[], right: readonly string[]): number {
  let same = 0;
  while (same < left.length && left[same] === right[same]) same++;
  return same;
}

function sideBySide(left: string, right: string): string {
  const leftParts = wrap(left);
  const rightParts = wrap(right);
  let text = '';
  for (let i = 0; i < Math.max(leftParts.length, rightParts.length); i++) {
    text += `      ${(leftParts[i] ?? '').padEnd(WIDTH)} │ ${rightParts[i] ?? ''}\n`;
  }
  return text;
}

function wrap(text: string): string[] {
  const parts: string[] = [];
  for (let at = 0; at < Math.min(text.length, 4 * WIDTH); at += WIDTH) parts.push(text.slice(at, at + WIDTH));
  return parts;
}

function shownLines(value: unknown): string[] {
  if (Array.isArray(value))
    return value.map(item => (typeof item === 'string' ? item : JSON.stringify(item)));
  if (typeof value === 'string' && value.includes('\n')) return value.split('\n');
  return [value === undefined ? 'nothing' : JSON.stringify(value)];
}

function shownData(data: unknown): string {
  if (typeof data !== 'string') return '';
  return JSON.stringify(data.length > WIDTH ? `${data.slice(0, WIDTH)}…` : data);
}

export function jsonReport(reports: readonly ScenarioReport[]): string {
  const scenarios = reports.map(
    ({ name, kernel, matched, total, skipped, mismatches, detours, otherVersions }) => ({
      name,
      kernel,
      matched,
      total,
      skipped,
      ...(detours.size > 0 ? { detours: Object.fromEntries(detours) } : {}),
      ...(otherVersions.size > 0 ? { otherVersions: Object.fromEntries(otherVersions) } : {}),
      mismatches,
    }),
  );
  return JSON.stringify({ scenarios, ...totals(reports) });
}

export function totalLine(reports: readonly ScenarioReport[]): string {
  const { matched, total, skipped } = totals(reports);
  const perfect = reports.filter(report => report.matched === report.total).length;
  return `${matched}/${total} steps match, ${skipped} skipped; ${perfect} of ${reports.length} scenarios match fully`;
}

function totals(reports: readonly ScenarioReport[]) {
  const sum = (key: 'matched' | 'total' | 'skipped') => reports.reduce((all, report) => all + report[key], 0);
  return { matched: sum('matched'), total: sum('total'), skipped: sum('skipped') };
}
