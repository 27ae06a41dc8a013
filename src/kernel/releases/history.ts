import { CHANGES, type ReleaseChange } from './changes.ts';
import { OLDEST } from './oldest.ts';
import type { KernelProfile } from './profile.ts';

/** Series that are known as a whole: what differs from one to the next has come by the later one. */
export const wholeSeries: readonly string[] = [OLDEST.name, '5.10', '6.1', '6.6', '6.12'];

const profiles = new Map<string, KernelProfile>();

/** The profile of a kernel release such as `6.12.117`, which has all changes up to it; the oldest for anything older. */
export function profileOf(release: string): KernelProfile {
  const made = CHANGES.filter(change => versionKey(change.release) <= versionKey(release));
  const name = made.at(-1)?.release ?? OLDEST.name;
  const profile = profiles.get(name) ?? made.reduce(withChange, OLDEST);
  profiles.set(name, profile);
  return profile;
}

function withChange(profile: KernelProfile, { release, proof: _, ...facts }: ReleaseChange): KernelProfile {
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

/** The newest whole series that a release is of or came after; the oldest for anything older. */
export function wholeSeriesOf(release: string): string {
  return wholeSeries.findLast(series => versionKey(series) <= versionKey(release)) ?? OLDEST.name;
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
