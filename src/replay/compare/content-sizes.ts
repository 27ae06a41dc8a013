import { SEEK_END } from '../../kernel/lib/stat.ts';
import type { Observation, Step } from '../step.ts';

/**
 * On a mount that keeps page contents, the size of a file whose content is kept is the length of that content: a page ends
 * where it ends. The recorded kernels answered what the attribute declares, a page mostly. Only a size that was found to be
 * exactly the content's length is taken for the declared one.
 */

const FILE_LINE = /^(f \d+ \d+:\d+ size=)(\d+)( nlink=\d+ \S+ = "(.*)")$/;
const ESCAPE = /\\(x..|.)/g;

/** A dump line of ours, with the size that the recorded line has if ours is the length of the content in it. */
export function withDeclaredSize(line: string, recorded: string | undefined): string {
  const [, head, size, tail, content] = FILE_LINE.exec(line) ?? [];
  const declared = recorded && FILE_LINE.exec(recorded)?.[2];
  const isLength = content?.replace(ESCAPE, '.').length === Number(size);
  return isLength && declared ? head! + declared + tail : line;
}

/** The same for stat(2) and for positions from a file's end; `content_n` is the length of the content. */
export function answersWithDeclaredSize(step: Step, observation: Observation): Observation {
  const { content_n: length, ...answers } = observation as Observation & { content_n?: number };
  if (length === undefined) return observation;
  const ours = answers.st as { size: number } | undefined;
  const recorded = step.st as { size: number } | undefined;
  if (ours?.size === length && recorded) answers.st = { ...ours, size: recorded.size };
  const fromEnd = step.op === 'lseek' && step.whence === SEEK_END && answers.result === 'OK';
  if (fromEnd && answers.n === length + (step.offset ?? 0)) answers.n = step.n ?? answers.n;
  return answers;
}
