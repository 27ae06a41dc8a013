/** The part of the POSIX shell language that recorded commands use. */

export type WordPart =
  | { readonly kind: 'text'; readonly text: string; readonly quoted: boolean }
  | {
      readonly kind: 'variable';
      readonly name: string;
      readonly suffix: string | undefined;
      readonly quoted: boolean;
    }
  | { readonly kind: 'command'; readonly list: List; readonly quoted: boolean };

export type Word = readonly WordPart[];

export interface Redirect {
  /** 1 or 2; 0 for input. */
  readonly descriptor: number;
  readonly operator: '<' | '>' | '>>' | '>&';
  readonly target: Word;
}

export type Command =
  | {
      readonly kind: 'simple';
      readonly assignments: readonly { readonly name: string; readonly value: Word }[];
      readonly words: readonly Word[];
      readonly redirects: readonly Redirect[];
    }
  | { readonly kind: 'for'; readonly name: string; readonly words: readonly Word[]; readonly body: List }
  | { readonly kind: 'while'; readonly condition: List; readonly body: List };

export type Pipeline = readonly Command[];

/** Pipelines, each with what its predecessor's status must be for it to run. */
export type List = readonly {
  readonly when: 'always' | 'success' | 'failure';
  readonly pipeline: Pipeline;
}[];
