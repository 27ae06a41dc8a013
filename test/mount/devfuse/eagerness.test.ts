import { describe, expect, it } from 'vitest';
import { Eagerness } from '../../../mount/devfuse/eagerness.ts';

const KERNEL = 0;

/** Requests come at intervals of so many microseconds, of clients by turns, until `done` or so many came. */
function harness(cpus = 2) {
  let microseconds = 0;
  const eagerness = new Eagerness(cpus, () => microseconds / 1000);
  const come = (count: number, interval: number, clients: readonly number[] = [7]) => {
    for (let i = 0; i < count; i++) {
      microseconds += interval;
      eagerness.came(clients[i % clients.length]!);
    }
    return eagerness.eager;
  };
  /** How many requests come to the sleeper before looking out is tried. */
  const untilTrial = (interval: number): number => {
    let count = 0;
    for (; !eagerness.eager; count++) come(1, interval);
    return count;
  };
  const missUntilTired = (): number => {
    let count = 0;
    for (; eagerness.eager; count++) eagerness.miss();
    return count;
  };
  return { eagerness, come, untilTrial, missUntilTired };
}

describe('looking out for the next request before sleeping', () => {
  it('is tried when one client sent thousands of requests, each of which had to wake us', () => {
    const { come } = harness();
    expect(come(4096 + 255, 30)).toBe(false);
    expect(come(1, 30)).toBe(true);
  });

  it('is not tried for a client that shares our CPU, nor for one that has other things to do', () => {
    expect(harness().come(100_000, 7)).toBe(false);
    expect(harness().come(100_000, 500)).toBe(false);
  });

  it('is not kept from being tried by an hour of rest', () => {
    const { come } = harness();
    come(1000, 30);
    come(1, 3.6e9);
    expect(come(4096 + 256 - 1001, 30)).toBe(true);
  });

  it('is not tried for clients that come and go', () => {
    const processes = Array.from({ length: 1000 }, (_, i) => Array<number>(10).fill(i + 1)).flat();
    expect(harness().come(100_000, 30, processes)).toBe(false);
  });

  it('is tried for many clients at once, however fast they are', () => {
    expect(harness().come(4096 + 256, 5, [1, 2, KERNEL, 3, 4, KERNEL])).toBe(true);
  });

  it('does not take what the kernel sends for another client', () => {
    expect(harness().come(4096 + 256, 30, [7, 7, KERNEL])).toBe(true);
    expect(harness().come(100_000, 7, [7, 7, KERNEL])).toBe(false);
  });

  it('goes on while the requests come sooner than before, also when now and then none does', () => {
    const { eagerness, come, untilTrial } = harness();
    untilTrial(30);
    for (let i = 0; i < 1000; i++) {
      if (i % 10 === 9) eagerness.miss();
      else eagerness.hit();
      expect(come(1, 12)).toBe(true);
    }
  });

  it('ends when the requests come no sooner, or another client comes', () => {
    const slow = harness();
    slow.untilTrial(30);
    expect(slow.come(4 * 256 - 1, 31)).toBe(true);
    expect(slow.come(1, 31)).toBe(false);
    const left = harness();
    left.untilTrial(30);
    expect(left.come(4 * 256, 12, [7, 7, 7, 8])).toBe(false);
  });

  it('survives a garbage collection', () => {
    const { come, untilTrial } = harness();
    untilTrial(30);
    come(256, 60);
    expect(come(10_000, 12)).toBe(true);
  });

  it('ends after two waits in vain, and is tried again ever more rarely', () => {
    const { untilTrial, missUntilTired } = harness();
    untilTrial(30);
    expect(missUntilTired()).toBe(2);
    expect(untilTrial(30)).toBe(8192 + 256);
    for (let i = 0; i < 5; i++) {
      missUntilTired();
      untilTrial(30);
    }
    missUntilTired();
    expect(untilTrial(30)).toBe(16384 + 256);
  });

  it('forgets the vain trials when one is worth it', () => {
    const { come, untilTrial, missUntilTired } = harness();
    untilTrial(30);
    missUntilTired();
    untilTrial(30);
    come(256, 12);
    missUntilTired();
    expect(untilTrial(30)).toBe(4096 + 256);
  });

  it('never begins where there is one CPU', () => {
    expect(harness(1).come(100_000, 30)).toBe(false);
  });
});
