/** How a command is declared; `program.ts` turns the declarations into a parser and its help. */

interface Described {
  readonly help: string;
}

export interface Flag extends Described {
  readonly type: 'flag';
}

export interface Text extends Described {
  readonly type: 'text';
  /** What the value is called in the help. */
  readonly value: string;
}

export interface List extends Described {
  readonly type: 'list';
  readonly value: string;
}

export interface Choice<T extends string = string> extends Described {
  readonly type: 'choice';
  readonly choices: readonly T[];
  readonly default?: T;
}

export type Option = Flag | Text | List | Choice;

export interface Argument extends Described {
  /** `rest` takes whatever follows untouched, options too. */
  readonly type: 'required' | 'optional' | 'many' | 'rest';
}

type OptionValue<O extends Option> = O extends Flag
  ? boolean
  : O extends List
    ? readonly string[]
    : O extends Choice<infer T>
      ? O extends { readonly default: string }
        ? T
        : T | undefined
      : string | undefined;

interface ArgumentValues {
  readonly required: string;
  readonly optional: string | undefined;
  readonly many: readonly string[];
  readonly rest: readonly string[];
}

type Camel<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : S;

/** What the run function of a command is given: arguments and options by name. */
export type Values<A extends Record<string, Argument>, O extends Record<string, Option>> = {
  readonly [K in keyof A]: ArgumentValues[A[K]['type']];
} & {
  readonly [K in keyof O as Camel<K & string>]: OptionValue<O[K]>;
};

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Shown below the options. */
  readonly notes?: string;
  readonly arguments: Readonly<Record<string, Argument>>;
  readonly options: Readonly<Record<string, Option>>;
  /** Resolves with the exit status. */
  readonly run: (values: never) => Promise<number>;
}

/** Ties the values that a run function takes to the options that are declared. */
export function command<
  const A extends Record<string, Argument>,
  const O extends Record<string, Option>,
>(declaration: {
  readonly name: string;
  readonly summary: string;
  readonly notes?: string;
  readonly arguments: A;
  readonly options: O;
  readonly run: (values: Values<A, O>) => Promise<number>;
}): Command {
  return declaration;
}
