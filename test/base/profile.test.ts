import { expect, it } from 'vitest';
import { profileOf } from '../../src/base/profile.ts';

it.each([
  ['6.12.117', '6.12'],
  ['6.18.2', '6.12'],
  ['6.11', '6.6'],
  ['6.1.192', '6.1'],
  ['5.15.0', '5.10'],
  ['5.4', '5.4'],
  ['4.19', '5.4'],
])('kernel %s behaves as profile %s', (release, name) => expect(profileOf(release).name).toBe(name));
