const CLASSES: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  blank: ' \\t',
  digit: '0-9',
  lower: 'a-z',
  space: '\\s',
  upper: 'A-Z',
  xdigit: '0-9A-Fa-f',
};
const TOKEN = /\\.|\[\^?\]?(?:\[:\w+:\]|[^\]])*\]|[(){}|+?]|[^\\]/gs;

/** A regular expression of POSIX, basic or extended, as one of JavaScript. @throws SyntaxError where it is none */
export function posixPattern(text: string, kind: 'basic' | 'extended', flags = ''): RegExp {
  return new RegExp(
    text.replace(TOKEN, token => (token.startsWith('[') ? bracket(token) : operator(token, kind))),
    flags,
  );
}

/** What stands bare in the one kind is escaped in the other. */
function operator(token: string, kind: 'basic' | 'extended'): string {
  if (kind === 'extended') return token;
  if (/^[(){}|+?]$/.test(token)) return `\\${token}`;
  return /^\\[(){}|+?]$/.test(token) ? token.slice(1) : token;
}

/** A backslash is nothing special between brackets. */
function bracket(token: string): string {
  return token
    .replaceAll('\\', '\\\\')
    .replace(/^(\[\^?)\]/, '$1\\]')
    .replace(/\[:(\w+):\]/g, (whole, name: string) => CLASSES[name] ?? whole);
}
