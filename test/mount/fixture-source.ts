import type { FileSystemSource } from '../../mount/transport.ts';

const DIST = new URL(import.meta.url.endsWith('.ts') ? '../../dist/test/mount/' : '.', import.meta.url);

/** A built module of these tests, since a thread or a process of its own runs no TypeScript. */
export function builtModule(name: string): URL {
  return new URL(`${name}.js`, DIST);
}

/** The fixture tree as a serving thread loads it. */
export function fixtureSource(data: unknown = {}): FileSystemSource {
  return { module: builtModule('fixture').href, data };
}

/** The fixture tree for a transport that serves in the main thread, and shares modules with the tests. */
export function sharedFixtureSource(data: unknown = {}): FileSystemSource {
  return {
    module: new URL(import.meta.url.endsWith('.ts') ? 'fixture.ts' : 'fixture.js', import.meta.url).href,
    data,
  };
}
