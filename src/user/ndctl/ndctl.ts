import { EBUSY, ENODEV, ENXIO, type Errno, isErrno } from '../../kernel/lib/errno.ts';
import { type CreateOptions, createNamespace, MISALIGNED } from './create-namespace.ts';
import { initLabels } from './labels.ts';
import { namespaceJson, prettyJson } from './namespace-json.ts';
import { Namespaces } from './namespaces.ts';
import { type FileCalls, SysfsFiles } from './sysfs-files.ts';

export interface NdctlOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

type Recipe = (files: SysfsFiles, namespaces: Namespaces, args: Arguments) => NdctlOutput;

interface Arguments {
  readonly options: ReadonlyMap<string, string>;
  readonly names: readonly string[];
}

const OPTIONS_WITH_VALUE: Readonly<Record<string, string>> = {
  '-m': 'mode',
  '-M': 'map',
  '-a': 'align',
  '-s': 'size',
  '-r': 'region',
  '-e': 'reconfig',
  '-u': 'uuid',
  '-n': 'name',
  '-V': 'version',
};

/** What ndctl commands do, where the real program needs a block device or an ioctl: one recipe for each command. */
const recipes: Readonly<Record<string, Recipe>> = {
  'init-labels': (files, _namespaces, { names, options }) =>
    forEach('initialized', 'nmem', chosen(files.devices('nmem'), names), dimm =>
      initLabels(files, dimm, options.get('version') ?? '1.1'),
    ),
  'disable-region': (files, namespaces, { names }) =>
    forEach('disabled', 'region', chosen(files.devices('region'), names), region => {
      for (const namespace of namespaces.in(region)) if (disableOne(namespaces, namespace)) return 'skipped';
      files.unbind(region);
      return undefined;
    }),
  'enable-region': (files, _namespaces, { names }) =>
    forEach('enabled', 'region', chosen(files.devices('region'), names), region =>
      files.driver(region) === undefined ? files.bind(region, 'nd_region') : undefined,
    ),
  'disable-namespace': (files, namespaces, { names }) =>
    forEach('disabled', 'namespace', withSize(files, namespaces, names), namespace =>
      disableOne(namespaces, namespace),
    ),
  'enable-namespace': (files, namespaces, { names }) =>
    forEach('enabled', 'namespace', withSize(files, namespaces, names), namespace =>
      namespaces.enable(namespace) ? undefined : ENXIO,
    ),
  'destroy-namespace': (files, namespaces, { names, options }) =>
    forEach('destroyed', 'namespace', withSize(files, namespaces, names), namespace => {
      if (namespaces.isActive(namespace) && !options.has('-f')) return EBUSY;
      return namespaces.wipe(namespace) ?? (namespaces.delete(namespace) ? undefined : 'skipped');
    }),
  'create-namespace': (files, namespaces, { options }) => {
    const create = createOptions(options);
    const made = createNamespace(files, namespaces, create);
    if (isErrno(made)) {
      const verb = create.reconfigure === undefined ? 'create' : 'reconfigure';
      const { code } = verb === 'reconfigure' || made === MISALIGNED ? made : ENODEV;
      return { stdout: '', stderr: `failed to ${verb} namespace: ${made.name}\n`, status: 256 - code };
    }
    return { stdout: prettyJson(namespaceJson(files, namespaces, made)), stderr: '', status: 0 };
  },
  list: (files, namespaces) => {
    const listed = withSize(files, namespaces, []);
    const json = listed.map(namespace => namespaceJson(files, namespaces, namespace));
    return { stdout: json.length > 0 ? prettyJson(json) : '', stderr: '', status: 0 };
  },
};

/** Whether a command is done here rather than by the real program: of `list`, only the plainest form. */
export function hasRecipe(args: readonly string[]): boolean {
  const [command = '', ...rest] = args;
  if (command === 'list') return rest.join(' ') === '-N';
  return Object.hasOwn(recipes, command);
}

export function runNdctl(calls: FileCalls, args: readonly string[]): NdctlOutput {
  const files = new SysfsFiles(calls);
  const recipe = recipes[args[0] ?? ''];
  if (!recipe) return { stdout: '', stderr: `Unknown command: '${args[0]}'\n`, status: 1 };
  return recipe(files, new Namespaces(files), parse(args.slice(1)));
}

function parse(args: readonly string[]): Arguments {
  const options = new Map<string, string>();
  const names: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const argument = args[i]!;
    const [long, given] = argument.replace(/^--/, '').split('=');
    const name = argument.startsWith('--') ? long : OPTIONS_WITH_VALUE[argument];
    if (argument.startsWith('--')) options.set(name!, given ?? '');
    else if (name !== undefined) options.set(name, args[++i] ?? '');
    else if (argument.startsWith('-')) options.set(argument, '');
    else names.push(argument);
  }
  return { options, names };
}

function createOptions(options: ReadonlyMap<string, string>): CreateOptions {
  const mode = options.get('mode');
  const size = options.get('size');
  return {
    mode: mode === 'raw' || mode === 'devdax' ? mode : 'fsdax',
    map: options.get('map') === 'mem' ? 'mem' : 'dev',
    align: parseSize(options.get('align') ?? '2M'),
    force: options.has('-f'),
    region: options.get('region'),
    reconfigure: options.get('reconfig'),
    uuid: options.get('uuid'),
    name: options.get('name'),
    size: size === undefined ? undefined : parseSize(size),
  };
}

const UNITS: Readonly<Record<string, bigint>> = { '': 0n, K: 10n, M: 20n, G: 30n, T: 40n };

function parseSize(text: string): bigint {
  const match = /^(\d+)([KMGT]?)$/i.exec(text);
  return match ? BigInt(match[1]!) << UNITS[match[2]!.toUpperCase()]! : 0n;
}

function disableOne(namespaces: Namespaces, namespace: string): Errno | undefined {
  const disabled = namespaces.disable(namespace);
  if (isErrno(disabled)) return disabled;
  disabled.unpin();
  return undefined;
}

function chosen(all: readonly string[], names: readonly string[]): string[] {
  return names.length === 0 || names.includes('all') ? [...all] : all.filter(name => names.includes(name));
}

/** Namespaces without space are passed over where they are not named. */
function withSize(files: SysfsFiles, namespaces: Namespaces, names: readonly string[]): string[] {
  return chosen(files.devices('namespace'), names).filter(
    namespace => names.includes(namespace) || namespaces.size(namespace) > 0n,
  );
}

/** `DONE N THINGs` on stderr; the last errno makes the exit status. */
function forEach(
  done: string,
  thing: string,
  names: readonly string[],
  act: (name: string) => Errno | 'skipped' | undefined,
): NdctlOutput {
  let count = 0;
  let failed: Errno | undefined;
  for (const name of names) {
    const outcome = act(name);
    if (outcome === undefined) count++;
    else if (outcome !== 'skipped') failed = outcome;
  }
  const plural = count === 1 ? thing : `${thing}s`;
  const status = failed ? 256 - failed.code : 0;
  return { stdout: '', stderr: `${done} ${count} ${plural}\n`, status };
}
