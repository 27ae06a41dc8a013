import { describe, expect, it } from 'vitest';
import { Eagerness } from '../../../mount/devfuse/eagerness.ts';

/** Requests that come to a sleeper until the next trial. */
function sleeps(eagerness: Eagerness): number {
  let count = 0;
  for (; !eagerness.eager; count++) eagerness.slept();
  return count;
}

function missUntilTired(eagerness: Eagerness): number {
  let count = 0;
  for (; eagerness.eager; count++) eagerness.miss();
  return count;
}

describe('looking out for the next request before sleeping', () => {
  it('goes on while the requests come soon, also when now and then none does', () => {
    const eagerness = new Eagerness(2);
    for (let i = 0; i < 1000; i++) {
      if (i % 10 === 9) eagerness.miss();
      else eagerness.hit();
      expect(eagerness.eager).toBe(true);
    }
  });

  it('ends after two waits in vain, and is tried again ever more rarely', () => {
    const eagerness = new Eagerness(2);
    expect(missUntilTired(eagerness)).toBe(2);
    expect(sleeps(eagerness)).toBe(64);
    missUntilTired(eagerness);
    expect(sleeps(eagerness)).toBe(128);
    for (let i = 0; i < 10; i++) {
      missUntilTired(eagerness);
      sleeps(eagerness);
    }
    missUntilTired(eagerness);
    expect(sleeps(eagerness)).toBe(8192);
  });

  it('forgets the vain trials when one is worth it', () => {
    const eagerness = new Eagerness(2);
    missUntilTired(eagerness);
    sleeps(eagerness);
    eagerness.hit();
    missUntilTired(eagerness);
    expect(sleeps(eagerness)).toBe(64);
  });

  it('never begins where there is one CPU', () => {
    const eagerness = new Eagerness(1);
    for (let i = 0; i < 100_000; i++) eagerness.slept();
    expect(eagerness.eager).toBe(false);
  });
});
