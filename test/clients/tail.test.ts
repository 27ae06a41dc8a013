import { expect, it } from 'vitest';
import { describeClients, inMachine } from './sandbox.ts';

const LOG = '/sys/kernel/debug/daxsim/log';
/** The kernel log keeps 16,384 records. */
const MORE_THAN_KEPT = 17_000;

describeClients(['tail'], () => {
  it('follows the log although it was stopped for longer than records are kept', async () => {
    const { stdout } = await inMachine(`
      tail -f ${LOG} > /run/followed & tail=$!
      said() { until grep -q "$1" /run/followed; do sleep 0.1; done; }
      echo begin > /dev/kmsg; said begin
      kill -STOP $tail
      for i in $(seq ${MORE_THAN_KEPT}); do echo line $i; done > /dev/kmsg
      kill -CONT $tail; said 'line ${MORE_THAN_KEPT}$'
      echo end > /dev/kmsg; said end
      kill $tail && sed -n '/begin/,$p' /run/followed`);
    const lines = stdout.trim().split('\n');
    const texts = lines.map(line => line.replace(/^\[ *[\d.]+\] /, ''));
    const lost = Number(/^lost (\d+) records$/.exec(texts[1]!)?.[1]);
    expect(lost).toBeGreaterThan(0);
    expect(texts).toEqual([
      'begin',
      `lost ${lost} records`,
      ...Array.from({ length: MORE_THAN_KEPT - lost }, (_, i) => `line ${lost + i + 1}`),
      'end',
    ]);
  });
});
