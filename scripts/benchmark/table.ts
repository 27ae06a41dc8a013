import { type Figure, meets, type Section } from './figures.ts';

const VERDICT = new Map([
  [true, 'ok'],
  [false, 'MISSED'],
  [undefined, ''],
]);

/** Sections as a table for a terminal. */
export function formatSection({ name, title, figures, notes }: Section): string {
  const rows = figures.map(figure => [
    figure.what,
    number(figure.value, figure.unit),
    figure.p99 === undefined ? '' : number(figure.p99, figure.unit),
    goal(figure),
    VERDICT.get(meets(figure))!,
  ]);
  const table = [['', 'p50', 'p99', 'goal', ''], ...rows];
  const widths = [0, 1, 2, 3, 4].map(column => Math.max(...table.map(row => row[column]!.length)));
  const lines = table.map(row =>
    row
      .map((cell, column) =>
        column === 0 || column === 4 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
  return [`${name}: ${title}`, ...lines, ...notes.map(note => `(${note})`), ''].join('\n');
}

function number(value: number, unit: Figure['unit']): string {
  const digits = unit === 'x' ? 2 : value < 100 ? 1 : 0;
  const text = value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit === 'x' || unit === '/s' ? `${text}${unit}` : `${text} ${unit}`.trimEnd();
}

function goal({ goal, unit }: Figure): string {
  if (!goal) return '';
  return 'atMost' in goal ? `<= ${number(goal.atMost, unit)}` : `>= ${number(goal.atLeast, unit)}`;
}
