/**
 * The URL of a module next to `from` for another thread or process: Node runs the built one, also when the caller is
 * TypeScript.
 */
export function builtModule(name: string, from: string): URL {
  return new URL(`${name}.js`, from.replace(/^(.*)(\/(?:src|mount)\/.*\.ts)$/, '$1/dist$2'));
}
