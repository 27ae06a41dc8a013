import { type Attribute, type AttributeGroup, group } from '../fs/attribute.ts';
import { type Errno, isErrno, type Result } from '../lib/errno.ts';
import { dec, yesNo } from '../lib/format.ts';
import { kstrtobool, kstrtoint, kstrtoull } from '../lib/kstrtox.ts';
import { KERN_ERR, KERN_WARNING, type Printk } from './printk.ts';

/** include/linux/moduleparam.h `struct kernel_param`: a value, and how its type reads and prints it. */
export class ModuleParameter<V> {
  value: V;
  readonly mode: number;
  readonly #parse: (text: string) => Result<V>;
  readonly #format: (value: V) => string;

  constructor(value: V, mode: number, parse: (text: string) => Result<V>, format: (value: V) => string) {
    this.value = value;
    this.mode = mode;
    this.#parse = parse;
    this.#format = format;
  }

  /** `kernel_param_ops.get` */
  get text(): string {
    return this.#format(this.value);
  }

  /** `kernel_param_ops.set`: EINVAL or ERANGE for what the type cannot read. */
  set(text: string): Errno | undefined {
    const value = this.#parse(text);
    if (isErrno(value)) return value;
    this.value = value;
    return undefined;
  }
}

/** `module_param(…, bool, mode)` */
export function bool(value: boolean, mode: number): ModuleParameter<boolean> {
  return new ModuleParameter(value, mode, kstrtobool, yesNo);
}

/** `module_param(…, int, mode)` */
export function int(value: number, mode: number): ModuleParameter<number> {
  return new ModuleParameter(value, mode, text => kstrtoint(text), dec);
}

/** `module_param(…, ulong, mode)` */
export function ulong(value: bigint, mode: number): ModuleParameter<bigint> {
  return new ModuleParameter(value, mode, text => kstrtoull(text), dec);
}

// biome-ignore lint/suspicious/noExplicitAny: parameters of all types stand side by side
export type ModuleParameters = Readonly<Record<string, ModuleParameter<any>>>;

/** The files of /sys/module/NAME/parameters. */
export function parameterAttributes(parameters: ModuleParameters): AttributeGroup<ModuleParameters> {
  const attributes = Object.entries(parameters).map(
    ([name, parameter]): [string, Attribute<ModuleParameters>] => [
      name,
      { mode: parameter.mode, show: () => parameter.text, store: (_all, text) => parameter.set(text) },
    ],
  );
  return group(Object.fromEntries(attributes), { stable: true });
}

/** What every module takes, and nothing here acts on: unknown_module_param_cb. */
const COMMON = ['async_probe', 'dyndbg'];

/** parse_args: what is unknown is ignored with a warning; the errno of the first value that cannot be read. */
export function parseArguments(
  module: string,
  parameters: ModuleParameters,
  given: ReadonlyMap<string, string>,
  printk: Printk,
): Errno | undefined {
  for (const [name, value] of given) {
    if (COMMON.includes(name)) continue;
    const parameter = parameters[name];
    if (!parameter) {
      printk.print(KERN_WARNING, `${module}: unknown parameter '${name}' ignored`);
      continue;
    }
    const refused = parameter.set(value);
    if (!refused) continue;
    printk.print(KERN_ERR, `${module}: \`${value}' invalid for parameter \`${name}'`);
    return refused;
  }
  return undefined;
}
