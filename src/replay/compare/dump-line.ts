import { isErrno, type Result } from '../../kernel/lib/errno.ts';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../kernel/lib/stat.ts';
import type { FileStatus } from '../../user/system-calls.ts';

const TYPES: Readonly<Record<number, string>> = {
  [S_IFREG]: 'f',
  [S_IFDIR]: 'd',
  [S_IFLNK]: 'l',
  [S_IFCHR]: 'c',
  [S_IFBLK]: 'b',
};

type ShownStatus = Pick<FileStatus, 'mode' | 'uid' | 'gid' | 'size' | 'nlink'>;

/** The line of a dump for a path, as the recorder writes it. */
export function dumpLine(path: string, status: ShownStatus, content: string): string {
  const { mode, uid, gid, size, nlink } = status;
  const bits = (mode & 0o7777).toString(8).padStart(4, '0');
  return `${TYPES[mode & S_IFMT]} ${bits} ${uid}:${gid} size=${size} nlink=${nlink} ${path}${content}`;
}

/** What a file answered, the errno of the failed call in place of its text. */
export function fileText(call: 'open' | 'read', text: Result<string>): string {
  return isErrno(text) ? ` !${call}:${text.name}` : ` = "${escapeText(text)}"`;
}

export function linkText(target: Result<string>): string {
  return ` -> ${isErrno(target) ? '' : target}`;
}

export function deviceText(rdev: string): string {
  return ` dev=${rdev}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\t': '\\t',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
};

/** Of what is escaped, all but the newlines, which nearly every text has and few have more. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
const SPECIAL = /[\x00-\x09\x0b-\x1f"\\\x7f-\xff]/g;

function escapeText(text: string): string {
  const escaped = text.replace(
    SPECIAL,
    char => ESCAPES[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return escaped.replaceAll('\n', '\\n');
}
