import type { FileSystemSource } from '../../mount/transport.ts';

/** The fixture tree as a serving thread loads it: built, since a thread runs no TypeScript. */
export function fixtureSource(data: unknown = {}): FileSystemSource {
  const module = new URL('../../dist/test/mount/fixture.js', import.meta.url);
  return { module: module.href, data };
}
