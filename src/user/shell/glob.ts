import { isErrno } from '../../kernel/lib/errno.ts';
import type { SystemCalls } from '../system-calls.ts';

/** A shell pattern against a whole name: `*`, `?`, `[…]` and backslash. */
export function matchGlob(pattern: string, name: string): boolean {
  const source = pattern.replace(/\\(.)|\[!|[.+^${}()|]|\*|\?/g, (token, escaped?: string) => {
    if (escaped !== undefined) return `\\${escaped}`;
    if (token === '*') return '.*';
    if (token === '?') return '.';
    return token === '[!' ? '[^' : `\\${token}`;
  });
  return new RegExp(`^${source}$`, 's').test(name);
}

/** The sorted names that a pattern stands for; none when nothing matches. */
export function pathNames(calls: SystemCalls, directory: string, pattern: string): string[] {
  const absolute = pattern.startsWith('/');
  let found = [absolute ? '/' : ''];
  for (const component of pattern.split('/').filter(part => part !== '')) {
    found = found.flatMap(prefix => {
      const plain = component.replace(/\\(.)/g, '$1');
      const join = (name: string) =>
        prefix === '' || prefix.endsWith('/') ? prefix + name : `${prefix}/${name}`;
      if (!/[*?[]/.test(component.replace(/\\./g, ''))) {
        const path = join(plain);
        return isErrno(calls.lstat(absolute ? path : `${directory}/${path}`)) ? [] : [path];
      }
      const entries = calls.readdir(absolute ? prefix : `${directory}/${prefix}`);
      if (isErrno(entries)) return [];
      return entries
        .map(({ name }) => name)
        .filter(name => (!name.startsWith('.') || component.startsWith('.')) && matchGlob(component, name))
        .sort()
        .map(join);
    });
  }
  return found;
}
