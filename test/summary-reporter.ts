import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

/** Writes what was skipped, and the numbers, to the file that `scripts/test` prints last. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap(module => [...module.children.allTests()]);
    const count = (state: string) => tests.filter(test => test.result().state === state).length;
    const broken = modules.filter(module => module.errors().length > 0).length;
    const failed = count('failed') + broken + errors.length + Number(process.env.DAXSIM_FAILED_CHECKS ?? 0);
    const lines = [
      ...modules.flatMap(skippedIn),
      `${count('passed')} passed, ${failed} failed, ${count('skipped')} skipped`,
    ];
    const file = process.env.DAXSIM_TEST_SUMMARY;
    if (file) writeFileSync(file, `${lines.join('\n')}\n`);
  }
}

/** One line for each skipped test, or for the largest group of tests that is skipped as a whole. */
function skippedIn(parent: TestModule | TestSuite): string[] {
  return [...parent.children].flatMap(child => {
    if (child.type === 'test') return isSkipped(child) ? [skippedLine(child, '')] : [];
    const tests = [...child.children.allTests()];
    if (tests.length < 2 || !tests.every(isSkipped)) return skippedIn(child);
    return [skippedLine(child, ` (${tests.length} tests)`, noteOf(tests[0]!))];
  });
}

function skippedLine(
  task: TestCase | TestSuite,
  count: string,
  note = task.type === 'test' ? noteOf(task) : '',
) {
  const why = note ? `: ${note}` : '';
  return `skipped: ${task.module.relativeModuleId}: ${task.fullName}${count}${why}`;
}

function isSkipped(test: TestCase): boolean {
  return test.result().state === 'skipped';
}

function noteOf(test: TestCase): string {
  const result = test.result();
  return (result.state === 'skipped' && result.note) || '';
}
