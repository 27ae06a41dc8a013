// test-summary.mjs REPORT FAULTS: what was skipped, and the closing line, from Vitest's JSON report.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const [report, faults] = process.argv.slice(2);
const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
const counts = { passed: 0, failed: Number(faults), skipped: 0 };
const skipped = new Map();
for (const { name, status, assertionResults } of testResults) {
  if (status === 'failed' && assertionResults.length === 0) counts.failed++;
  for (const { status: outcome, ancestorTitles, title } of assertionResults) {
    if (outcome === 'passed') counts.passed++;
    else if (outcome === 'failed') counts.failed++;
    else {
      counts.skipped++;
      const group = `${relative(process.cwd(), name)}: ${ancestorTitles.join(' > ') || title}`;
      skipped.set(group, (skipped.get(group) ?? 0) + 1);
    }
  }
}
for (const [group, count] of skipped) console.log(`skipped ${count}: ${group}`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
