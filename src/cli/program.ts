import { CommanderError, Command as Parser, Option as ParserOption } from 'commander';
import { Failure, USAGE_STATUS } from '../api/failure.ts';
import type { Argument, Command, Option } from './command.ts';

export interface About {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  readonly notes: string;
}

/** Parses the command line, runs the command it names and resolves with the exit status. */
export async function runProgram(
  about: About,
  commands: readonly Command[],
  argv: readonly string[],
): Promise<number> {
  let status = 0;
  const program = new Parser(about.name)
    .description(about.summary)
    .version(about.version)
    .enablePositionalOptions()
    .addHelpText('after', `\n${about.notes}`);
  settle(program);
  for (const declared of commands) {
    const parser = program.command(declared.name).summary(declared.summary).description(declared.summary);
    if (declared.notes) parser.addHelpText('after', `\n${declared.notes}`);
    settle(parser);
    const names = Object.keys(declared.arguments);
    for (const name of names) {
      const argument = declared.arguments[name]!;
      parser.argument(argumentUsage(name, argument), argument.help);
      if (argument.type === 'rest') parser.passThroughOptions();
    }
    for (const [name, option] of Object.entries(declared.options))
      parser.addOption(parserOption(name, option));
    parser.action(async (...given: unknown[]) => {
      const positional = Object.fromEntries(names.map((name, index) => [name, given[index]]));
      status = await declared.run({ ...positional, ...optionValues(declared, parser) } as never);
    });
  }
  try {
    if (argv.length === 0) program.help({ error: true });
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    if (error.code === 'commander.help') return USAGE_STATUS;
    throw new Failure(oneLine(error.message), USAGE_STATUS);
  }
}

function settle(parser: Parser): void {
  parser
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .helpOption('-h, --help', 'show this help');
}

/** What was given, and for the rest what a command may expect: a flag is down, a list is empty. */
function optionValues(command: Command, parser: Parser): Record<string, unknown> {
  const unset = Object.entries(command.options)
    .filter(([, option]) => option.type === 'flag' || option.type === 'list')
    .map(([name, option]) => [camelCase(name), option.type === 'flag' ? false : []]);
  return { ...Object.fromEntries(unset), ...parser.opts<object>() };
}

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function argumentUsage(name: string, argument: Argument): string {
  const shown = name.toLowerCase();
  const usages = {
    required: `<${shown}>`,
    optional: `[${shown}]`,
    many: `<${shown}...>`,
    rest: `[${shown}...]`,
  } as const;
  return usages[argument.type];
}

function parserOption(name: string, option: Option): ParserOption {
  switch (option.type) {
    case 'flag': {
      const made = new ParserOption(`--${name}`, option.help);
      // Commander takes --no-x for the contrary of --x.
      made.negate = false;
      return made;
    }
    case 'text':
      return new ParserOption(`--${name} <${option.value}>`, option.help);
    case 'list':
      return new ParserOption(`--${name} <${option.value}>`, option.help).argParser(
        (value: string, before: readonly string[] = []) => [...before, value],
      );
    case 'choice': {
      const made = new ParserOption(`--${name} <${name}>`, option.help).choices(option.choices);
      return option.default === undefined ? made : made.default(option.default);
    }
  }
}

/** Commander puts its suggestion on a second line. */
function oneLine(message: string): string {
  return message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
}
