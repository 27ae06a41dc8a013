import { CHANGES, type ReleaseChange } from './changes.ts';
import { OLDEST } from './oldest.ts';
import type { KernelProfile } from './profile.ts';

const profiles = new Map<string, KernelProfile>();

/** The profile of a kernel release such as `6.12.117`, which has all changes up to it; the oldest for anything older. */
export function profileOf(release: string): KernelProfile {
  const made = CHANGES.filter(change => versionKey(change.release) <= versionKey(release));
  const name = made.at(-1)?.release ?? OLDEST.name;
  const profile = profiles.get(name) ?? made.reduce(withChange, OLDEST);
  profiles.set(name, profile);
  return profile;
}

function withChange(
  profile: KernelProfile,
  { release, brought: _brought, proof: _proof, ...facts }: ReleaseChange,
): KernelProfile {
  return { ...merged(profile, facts), name: release };
}

/** Groups of facts are merged, facts replaced. */
function merged<T extends object>(facts: T, changed: object): T {
  const entries = Object.entries(changed).map(([key, value]) => {
    const before: unknown = facts[key as keyof T];
    return [key, isGroup(value) && isGroup(before) ? merged(before, value) : value];
  });
  return { ...facts, ...Object.fromEntries(entries) };
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The series of a release: `6.12` of `6.12.117`. */
export function seriesOf(release: string): string {
  return release.split('.').slice(0, 2).join('.');
}

/** Whether a release is of the other's series or came after it. */
export function isAtLeast(release: string, other: string): boolean {
  return !isBefore(release, other);
}

/** Whether a release is of a series before the other. */
export function isBefore(release: string, other: string): boolean {
  return versionKey(release) < versionKey(other);
}

function versionKey(release: string): number {
  const [major = 0, minor = 0] = release.split('.').map(part => Number.parseInt(part, 10));
  return major * 1000 + minor;
}
