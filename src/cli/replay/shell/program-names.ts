import { parseShell, UnsupportedSyntax } from './parse.ts';
import type { List, Word } from './syntax.ts';

/** The names of the commands in a command line, those of substitutions among them; none when it is beyond our parser. */
export function programNames(text: string): string[] {
  try {
    return [...new Set(namesIn(parseShell(text)))];
  } catch (error) {
    if (error instanceof UnsupportedSyntax) return [];
    throw error;
  }
}

export function* namesIn(list: List): Generator<string> {
  for (const { pipeline } of list) {
    for (const command of pipeline) {
      if (command.kind === 'while') yield* namesIn(command.condition);
      else for (const word of command.words) yield* namesInWord(word);
      if (command.kind !== 'simple') yield* namesIn(command.body);
      else {
        for (const { value } of command.assignments) yield* namesInWord(value);
        if (command.words[0]) yield literalName(command.words[0]);
      }
    }
  }
}

function* namesInWord(word: Word): Generator<string> {
  for (const part of word) if (part.kind === 'command') yield* namesIn(part.list);
}

function literalName(word: Word): string {
  return word.map(part => (part.kind === 'text' ? part.text : '$')).join('');
}
