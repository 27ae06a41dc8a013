import { describe, expect, it } from 'vitest';
import { profileOf } from '../../../src/kernel/releases/history.ts';

it.each([
  ['6.12.117', '6.12'],
  ['6.18.2', '6.18'],
  ['7.3.4', '7.3'],
  ['7.9', '7.3'],
  ['6.11', '6.11'],
  ['6.1.192', '6.1'],
  ['5.16.1', '5.15'],
  ['5.4', '5.4'],
  ['4.19', '5.4'],
])('kernel %s has the changes up to %s', (release, name) => expect(profileOf(release).name).toBe(name));

describe('a kernel between two whole series', () => {
  it('has what came before it: 6.3 gives memory to kmem, 5.15 tells why a probe failed', () => {
    expect([profileOf('6.2').dax.match, profileOf('6.3').dax.match]).toEqual(['always', 'type']);
    expect([profileOf('5.13').driverCore.bindErrno, profileOf('5.15').driverCore.bindErrno]).toEqual([
      false,
      true,
    ]);
    expect([profileOf('6.7'), profileOf('6.8')].map(profile => profile.dax.memmapOnMemoryAttribute)).toEqual([
      false,
      true,
    ]);
  });

  it('is otherwise like the one before', () => {
    expect(profileOf('6.10').driverCore.probeMessage).toBe(profileOf('6.6').driverCore.probeMessage);
  });
});
