import { type Errno, isErrno } from '../kernel/lib/errno.ts';
import { fromLatin1 } from '../kernel/lib/latin1.ts';
import type { SystemCalls } from './system-calls.ts';

const READ_SIZE = 65536;

/** What read(2) answered up to the end: the text, one character for each byte, and the errno that ended it if one did. */
export interface ReadText {
  readonly text: string;
  readonly error?: Errno;
}

export function readToEnd(calls: SystemCalls, fd: number): ReadText {
  let text = '';
  for (;;) {
    const chunk = calls.read(fd, READ_SIZE);
    if (isErrno(chunk)) return { text, error: chunk };
    if (chunk.length === 0) return { text };
    text += fromLatin1(chunk);
  }
}
