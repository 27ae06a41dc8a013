/** A module next to `from` for a Worker to load: Node runs the built one, also when the caller is TypeScript. */
export function workerUrl(name: string, from: string): URL {
  const url = new URL(from);
  if (url.pathname.endsWith('.ts')) {
    const path = url.pathname;
    const root = path.slice(0, path.indexOf('/mount/'));
    url.pathname = `${root}/dist${path.slice(root.length)}`;
  }
  return new URL(`${name}.js`, url);
}
