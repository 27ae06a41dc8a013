import { parseShell, UnsupportedSyntax } from './parse.ts';
import type { List, Word } from './syntax.ts';

/** A command as it is written: what is expanded when it runs stands as `$`. */
export interface WrittenCommand {
  readonly name: string;
  readonly args: readonly string[];
}

/** The names of the commands in a command line, those of substitutions among them; none when it is beyond our parser. */
export function programNames(text: string): string[] {
  try {
    return [...new Set([...commandsIn(parseShell(text))].map(({ name }) => name))];
  } catch (error) {
    if (error instanceof UnsupportedSyntax) return [];
    throw error;
  }
}

export function* commandsIn(list: List): Generator<WrittenCommand> {
  for (const { pipeline } of list) {
    for (const command of pipeline) {
      if (command.kind === 'while') yield* commandsIn(command.condition);
      else for (const word of command.words) yield* commandsInWord(word);
      if (command.kind !== 'simple') yield* commandsIn(command.body);
      else {
        for (const { value } of command.assignments) yield* commandsInWord(value);
        const [name, ...args] = command.words.map(written);
        if (name !== undefined) yield { name, args };
      }
    }
  }
}

function* commandsInWord(word: Word): Generator<WrittenCommand> {
  for (const part of word) if (part.kind === 'command') yield* commandsIn(part.list);
}

function written(word: Word): string {
  return word.map(part => (part.kind === 'text' ? part.text : '$')).join('');
}
