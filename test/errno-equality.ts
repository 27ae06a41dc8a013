import { expect } from 'vitest';
import { Errno } from '../src/kernel/lib/errno.ts';

/** `toEqual(EINVAL)` holds for any refusal with that errno, whatever its reason. */
expect.addEqualityTesters([
  (a, b) => (a instanceof Errno && b instanceof Errno ? a.code === b.code : undefined),
]);
