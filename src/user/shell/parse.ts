import type { Command, List, Pipeline, Redirect, Word, WordPart } from './syntax.ts';

/** What stands here is beyond this shell. */
export class UnsupportedSyntax extends Error {}

/** @throws UnsupportedSyntax */
export function parseShell(text: string): List {
  const parser = new Parser(text);
  const list = parser.list([]);
  if (!parser.atEnd()) throw new UnsupportedSyntax(parser.rest());
  return list;
}

const OPERATOR = /^(&&|\|\||;|\n|\||\(|\)|&)/;
const REDIRECT = /^([012]?)(>>|>&|>|<)/;
const NAME = /^[A-Za-z_]\w*/;
const UNQUOTED = /^[^\s;|&<>()$'"`\\]+/;

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  rest(): string {
    return this.#text.slice(this.#at);
  }

  atEnd(): boolean {
    this.#blanks();
    return this.#at >= this.#text.length;
  }

  /** Pipelines up to one of the `end` words, or to the end. */
  list(end: readonly string[]): List {
    const list: List[number][] = [];
    let when: List[number]['when'] = 'always';
    for (;;) {
      while (this.#take(/^[;\n]/)) when = 'always';
      if (this.atEnd() || this.rest().startsWith(')') || this.#sees(end)) return list;
      list.push({ when, pipeline: this.#pipeline() });
      const operator = this.#take(OPERATOR);
      if (operator === '&&') when = 'success';
      else if (operator === '||') when = 'failure';
      else if (operator === ';' || operator === '\n') when = 'always';
      else if (operator === ')') {
        this.#at--;
        return list;
      } else if (operator !== undefined || !(this.atEnd() || this.#sees(end)))
        throw new UnsupportedSyntax(operator ?? this.rest());
    }
  }

  #pipeline(): Pipeline {
    const commands = [this.#command()];
    while (!this.rest().startsWith('||') && this.#take(/^\|/)) commands.push(this.#command());
    return commands;
  }

  #command(): Command {
    this.#blanks();
    if (this.#keyword('for')) return this.#for();
    if (this.#keyword('while')) {
      const condition = this.list(['do']);
      return { kind: 'while', condition, body: this.#body() };
    }
    return this.#simple();
  }

  #for(): Command {
    const name = this.#take(NAME);
    if (name === undefined || !this.#keyword('in')) throw new UnsupportedSyntax('for');
    const words: Word[] = [];
    for (let word = this.#word(); word; word = this.#word()) words.push(word);
    this.#take(/^[;\n]/);
    return { kind: 'for', name, words, body: this.#body() };
  }

  #body(): List {
    if (!this.#keyword('do')) throw new UnsupportedSyntax('do expected');
    const body = this.list(['done']);
    if (!this.#keyword('done')) throw new UnsupportedSyntax('done expected');
    return body;
  }

  #simple(): Command {
    const assignments: { name: string; value: Word }[] = [];
    const words: Word[] = [];
    const redirects: Redirect[] = [];
    for (;;) {
      this.#blanks();
      const redirect = REDIRECT.exec(this.rest());
      if (redirect) {
        this.#at += redirect[0].length;
        redirects.push(this.#redirect(redirect[1]!, redirect[2] as Redirect['operator']));
        continue;
      }
      const assigned = words.length === 0 ? /^([A-Za-z_]\w*)=/.exec(this.rest()) : null;
      if (assigned) {
        this.#at += assigned[0].length;
        assignments.push({ name: assigned[1]!, value: this.#parts() });
        continue;
      }
      const word = this.#word();
      if (!word) break;
      words.push(word);
    }
    return { kind: 'simple', assignments, words, redirects };
  }

  #redirect(descriptor: string, operator: Redirect['operator']): Redirect {
    const target = this.#word();
    if (!target) throw new UnsupportedSyntax('redirection');
    return {
      descriptor: descriptor === '' ? (operator === '<' ? 0 : 1) : Number(descriptor),
      operator,
      target,
    };
  }

  #word(): Word | undefined {
    this.#blanks();
    const start = this.#at;
    const parts = this.#parts();
    return this.#at === start ? undefined : parts;
  }

  #parts(): WordPart[] {
    const parts: WordPart[] = [];
    for (;;) {
      const char = this.#text[this.#at];
      if (char === "'") parts.push(this.#single());
      else if (char === '"') parts.push(...this.#double());
      else if (char === '$') parts.push(this.#expansion(false));
      else if (char === '\\') {
        parts.push({ kind: 'text', text: this.#text[this.#at + 1] ?? '', quoted: true });
        this.#at += 2;
      } else if (char === '`') throw new UnsupportedSyntax('backquote');
      else {
        const text = UNQUOTED.exec(this.rest())?.[0];
        if (text === undefined) return parts;
        this.#at += text.length;
        parts.push({ kind: 'text', text, quoted: false });
      }
    }
  }

  #single(): WordPart {
    const end = this.#text.indexOf("'", this.#at + 1);
    if (end < 0) throw new UnsupportedSyntax('unterminated quote');
    const text = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    return { kind: 'text', text, quoted: true };
  }

  #double(): WordPart[] {
    const parts: WordPart[] = [{ kind: 'text', text: '', quoted: true }];
    this.#at++;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) throw new UnsupportedSyntax('unterminated quote');
      if (char === '"') {
        this.#at++;
        return parts;
      }
      if (char === '$' && /^\$[\w({?@*#!$-]/.test(this.rest())) parts.push(this.#expansion(true));
      else if (char === '\\' && '$"\\`'.includes(this.#text[this.#at + 1] ?? ' ')) {
        parts.push({ kind: 'text', text: this.#text[this.#at + 1]!, quoted: true });
        this.#at += 2;
      } else {
        parts.push({ kind: 'text', text: char, quoted: true });
        this.#at++;
      }
    }
  }

  #expansion(quoted: boolean): WordPart {
    this.#at++;
    if (this.#take(/^\(/)) {
      const list = this.list([]);
      if (!this.#take(/^\)/)) throw new UnsupportedSyntax(') expected');
      return { kind: 'command', list, quoted };
    }
    const braced = /^\{([A-Za-z_]\w*)(?:##([^}]*))?\}/.exec(this.rest());
    if (braced) {
      this.#at += braced[0].length;
      return { kind: 'variable', name: braced[1]!, suffix: braced[2], quoted };
    }
    const name = /^(?:[A-Za-z_]\w*|\?)/.exec(this.rest())?.[0];
    if (name === undefined && /^[\w{@*#!$-]/.test(this.rest())) throw new UnsupportedSyntax('expansion');
    if (name === undefined) return { kind: 'text', text: '$', quoted: true };
    this.#at += name.length;
    return { kind: 'variable', name, suffix: undefined, quoted };
  }

  #blanks(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at++;
  }

  #take(pattern: RegExp): string | undefined {
    this.#blanks();
    const match = pattern.exec(this.rest())?.[0];
    if (match !== undefined) this.#at += match.length;
    return match;
  }

  #keyword(word: string): boolean {
    return this.#sees([word]) && this.#take(new RegExp(`^${word}`)) !== undefined;
  }

  #sees(words: readonly string[]): boolean {
    this.#blanks();
    return words.some(word => new RegExp(`^${word}(?![\\w./-])`).test(this.rest()));
  }
}
