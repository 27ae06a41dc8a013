import { type AttributeGroup, group, ro } from '../fs/attribute.ts';
import type { Directory } from '../fs/directory.ts';
import { EAGAIN, ENOENT, type Errno, refusal } from '../lib/errno.ts';
import { dec } from '../lib/format.ts';
import { PAGE_SIZE } from '../lib/page.ts';
import type { DriverCore } from './core.ts';
import type { Driver } from './driver.ts';
import { sendUevent, type UeventObject, ueventWriteOnly } from './kobject-uevent.ts';
import { type ModuleParameters, parameterAttributes, parseArguments } from './module-parameters.ts';

/** What modprobe finds: how a module's code starts and ends. */
export interface ModuleDefinition<P extends ModuleParameters = ModuleParameters> {
  readonly name: string;
  /** Part of the kernel: there from boot on, and nothing to load. */
  readonly builtin?: true;
  /** Modules that kmod loads before it, if they are there (`softdep`). */
  readonly softDepends?: readonly string[];
  /** Modules that are loaded before it (depmod). */
  readonly depends?: readonly string[];
  /** MODULE_ALIAS: patterns of the MODALIAS of the devices that it is for. */
  readonly aliases?: readonly string[];
  /** The symbol name space that it imports (MODULE_IMPORT_NS). */
  readonly importNamespaces?: string;
  /** Its parameters with their defaults, made anew for each load. */
  readonly parameters?: () => P;
  /** The init function: registers drivers for `module`. Returns the exit function. */
  init(module: Module, parameters: P): () => void;
}

const moduleAttributes = group<Module>({
  coresize: ro(module => dec(module.size), { stable: true }),
  initsize: ro(() => '0\n', { stable: true }),
  initstate: ro(module => `${module.state}\n`),
  refcnt: ro(module => dec(module.refcount)),
  taint: ro(() => '\n', { stable: true }),
});

const importedNamespaces = group<string>({ import_ns: ro(names => `${names}\n`, { stable: true }) });

/** kernel/module: a loaded module and its directory in /sys/module. */
export class Module implements UeventObject {
  readonly core: DriverCore;
  readonly name: string;
  readonly subsystem = 'module';
  readonly directory: Directory;
  /** Bytes of code and data. */
  readonly size: number;
  /** Where they lie. */
  readonly address: bigint;
  state: 'coming' | 'live' | 'going' = 'coming';
  /** Open character devices and the like; a module in use cannot be removed. */
  references = 0;
  readonly holders = new Set<Module>();
  readonly #holdersDirectory: Directory;
  /** Made with the first driver (module_create_drivers_dir). */
  #driversDirectory: Directory | undefined;

  constructor(core: DriverCore, name: string, size: number, address: bigint) {
    this.core = core;
    this.name = name;
    this.size = size;
    this.address = address;
    this.directory = core.moduleDirectory.addDirectory(name);
    this.directory.attach(ueventWriteOnly.of(this));
    this.directory.attach(moduleAttributes.of(this));
    this.#holdersDirectory = this.directory.addDirectory('holders');
    for (const empty of ['notes', 'sections']) this.directory.addDirectory(empty);
  }

  get refcount(): number {
    return this.references + this.holders.size;
  }

  linkDriver(driver: Driver): void {
    this.#driversDirectory ??= this.directory.addDirectory('drivers');
    this.#driversDirectory.addLink(`${driver.bus.name}:${driver.name}`, driver.directory);
    driver.directory.addLink('module', this.directory);
  }

  unlinkDriver(driver: Driver): void {
    this.#driversDirectory?.remove(`${driver.bus.name}:${driver.name}`);
    driver.directory.remove('module');
  }

  addParameters(parameters: ModuleParameters): void {
    this.directory.addDirectory('parameters').attach(parameterAttributes(parameters).of(parameters));
  }

  addImportedNamespaces(names: string): void {
    this.directory.attach(importedNamespaces.of(names));
  }

  hold(by: Module): void {
    this.holders.add(by);
    this.#holdersDirectory.addLink(by.name, by.directory);
  }

  release(by: Module): void {
    this.holders.delete(by);
    this.#holdersDirectory.remove(by.name);
  }
}

/** A module that is part of the kernel: a directory only for its parameters. */
export function addBuiltinModule<T>(
  core: DriverCore,
  name: string,
  table: AttributeGroup<T>,
  values: T,
): Directory {
  const directory = core.moduleDirectory.addDirectory(name);
  directory.attach(ueventWriteOnly.of({ core, directory, subsystem: 'module' }));
  const parameters = directory.addDirectory('parameters');
  parameters.attach(table.of(values));
  return parameters;
}

const DEFAULT_SIZE = 16384;
/** arch/x86 pgtable_64_types.h, without randomisation. */
const MODULES_VADDR = 0xffffffffc0000000n;

interface Loaded {
  readonly module: Module;
  exit: () => void;
  readonly depends: readonly Module[];
}

/** modprobe and rmmod over the definitions of this machine. */
export class ModuleLoader {
  readonly #core: DriverCore;
  readonly #definitions: ReadonlyMap<string, ModuleDefinition>;
  /** `module.parameter=value` of the kernel command line, by module. */
  readonly #commandLine: (module: string) => ReadonlyMap<string, string>;
  readonly #loaded = new Map<string, Loaded>();

  constructor(
    core: DriverCore,
    definitions: readonly ModuleDefinition[],
    commandLine: (module: string) => ReadonlyMap<string, string>,
  ) {
    this.#core = core;
    this.#definitions = new Map(definitions.map(definition => [definition.name, definition]));
    this.#commandLine = commandLine;
    core.requestModule = name => void this.modprobe(name);
  }

  /** Of all modules that there are, loaded or not. */
  get definitions(): readonly ModuleDefinition[] {
    return [...this.#definitions.values()];
  }

  /** Of all modules that can be loaded. */
  get names(): readonly string[] {
    return [...this.#definitions.keys()];
  }

  /** The modules that a MODALIAS asks for. */
  resolve(alias: string): string[] {
    const asking = [...this.#definitions.values()].filter(({ aliases = [] }) =>
      aliases.some(pattern => matchesAlias(pattern, alias)),
    );
    return asking.map(({ name }) => name);
  }

  /** Loaded modules, the newest first as in /proc/modules. */
  loaded(): Module[] {
    return [...this.#loaded.values()].map(({ module }) => module).reverse();
  }

  find(name: string): Module | undefined {
    return this.#loaded.get(normalise(name))?.module;
  }

  /**
   * Loads a module and what it needs; one that is loaded already is left alone. ENOENT for an unknown name, the errno of a
   * parameter that cannot be read.
   */
  modprobe(rawName: string, asked: ReadonlyMap<string, string> = new Map()): Errno | undefined {
    const name = normalise(rawName);
    if (this.#loaded.has(name)) return undefined;
    const definition = this.#definitions.get(name);
    if (!definition) return refusal(ENOENT, `this kernel has no module ${name}`);
    if (definition.builtin) return undefined;
    const depends: Module[] = [];
    for (const needed of definition.depends ?? []) {
      const refused = this.modprobe(needed);
      if (refused) return refused;
      depends.push(this.find(needed)!);
    }
    const parameters = definition.parameters?.();
    const given = new Map([...this.#commandLine(name), ...asked]);
    const refused = parseArguments(name, parameters ?? {}, given, this.#core.printk);
    if (refused) return refused;
    const size = this.#core.profile.moduleSizes[name] ?? DEFAULT_SIZE;
    const module = new Module(this.#core, name, size, this.#freeAddress(size));
    for (const needed of depends) needed.hold(module);
    if (parameters) module.addParameters(parameters);
    if (definition.importNamespaces) module.addImportedNamespaces(definition.importNamespaces);
    const loaded: Loaded = { module, exit: () => {}, depends };
    this.#loaded.set(name, loaded);
    loaded.exit = definition.init(module, parameters ?? {});
    module.state = 'live';
    sendUevent(module, 'add');
    return undefined;
  }

  /** What kmod's modprobe does: soft dependencies first. */
  modprobeWithSoftDependencies(name: string, asked?: ReadonlyMap<string, string>): Errno | undefined {
    const definition = this.#definitions.get(normalise(name));
    if (!this.find(name)) for (const soft of definition?.softDepends ?? []) this.modprobe(soft);
    return this.modprobe(name, asked);
  }

  /** The lowest room for a module. */
  #freeAddress(size: number): bigint {
    let address = MODULES_VADDR;
    const inOrder = this.loaded().sort((a, b) => (a.address < b.address ? -1 : 1));
    for (const module of inOrder) {
      if (module.address - address >= BigInt(size)) break;
      address = module.address + BigInt(Math.ceil(module.size / PAGE_SIZE) * PAGE_SIZE);
    }
    return address;
  }

  /** ENOENT when it is not loaded, EAGAIN while something uses it. */
  rmmod(rawName: string): Errno | undefined {
    const name = normalise(rawName);
    const loaded = this.#loaded.get(name);
    if (!loaded) return refusal(ENOENT, `${name} is not loaded`);
    const { module, exit, depends } = loaded;
    if (module.refcount > 0) return refusal(EAGAIN, `${name} is in use: ${users(module)}`);
    module.state = 'going';
    exit();
    for (const needed of depends) needed.release(module);
    sendUevent(module, 'remove');
    this.#core.moduleDirectory.remove(name);
    this.#loaded.delete(name);
    return undefined;
  }

  /**
   * `modprobe -r`: a module, and those it needed that nothing else uses now. One that is not loaded is as it should be.
   * ENOENT for an unknown name, EAGAIN while something uses it.
   */
  remove(rawName: string): Errno | undefined {
    const name = normalise(rawName);
    const loaded = this.#loaded.get(name);
    if (!loaded)
      return this.#definitions.has(name) ? undefined : refusal(ENOENT, `this kernel has no module ${name}`);
    const refused = this.rmmod(name);
    if (refused) return refused;
    for (const needed of loaded.depends) if (needed.refcount === 0) this.remove(needed.name);
    return undefined;
  }
}

function users({ holders, references }: Module): string {
  const modules = [...holders].map(({ name }) => name);
  return [...modules, ...(references > 0 ? [`${references} references`] : [])].join(', ');
}

/** Whether a module's alias, with stars as in fnmatch(3), is for a MODALIAS. */
export function matchesAlias(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map(part => part.replace(/[^\w]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(text);
}

function normalise(name: string): string {
  return name.replaceAll('-', '_');
}
