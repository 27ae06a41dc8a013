import { type MountOptions, startMount } from '../../mount/host.ts';
import type { Session } from '../../mount/transport.ts';
import { fixtureSource } from './fixture-source.ts';

/** Serves the fixture tree. */
export function mountFixture(
  options: Pick<MountOptions, 'transport' | 'mountpoint'> & Partial<MountOptions>,
): Promise<Session> {
  return startMount({
    cache: false,
    name: 'daxsim-test',
    fileSystem: fixtureSource(),
    onLog: () => {},
    ...options,
  });
}
