/** The URL of a module next to `from` for another thread or process: Node runs the built one, also when the caller is TypeScript. */
export function builtModule(name: string, from: string): URL {
  const url = new URL(`./${name}.js`, from);
  if (from.endsWith('.ts')) url.pathname = url.pathname.replace('/src/cli/', '/dist/src/cli/');
  return url;
}
