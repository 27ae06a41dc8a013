import { release } from 'node:os';

/** The release of the running kernel in numbers: `6.12.41` of `6.12.41+deb13-amd64`. */
export function hostRelease(): string | undefined {
  return /^\d+(\.\d+)+/.exec(release())?.[0];
}
