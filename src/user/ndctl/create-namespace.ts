import { EBUSY, EINVAL, ENODEV, ENOSPC, Errno, isErrno, type Result } from '../../kernel/lib/errno.ts';
import { initLabels } from './labels.ts';
import type { Namespaces } from './namespaces.ts';
import type { SysfsFiles } from './sysfs-files.ts';

export interface CreateOptions {
  readonly mode: 'raw' | 'fsdax' | 'devdax';
  /** The region to create in; or else the namespace to make anew. */
  readonly region: string | undefined;
  readonly reconfigure: string | undefined;
  readonly force: boolean;
  /** Where the page map goes. */
  readonly map: 'mem' | 'dev';
  readonly align: bigint;
  readonly size: bigint | undefined;
  readonly uuid: string | undefined;
  readonly name: string | undefined;
}

const HOLDER_CLASS = { raw: '\n', fsdax: 'pfn', devdax: 'dax' };
const DRIVERS = { raw: ['nd_pmem'], fsdax: ['nd_pmem'], devdax: ['dax_pmem_compat', 'dax_pmem'] };
const SEED = { raw: '', fsdax: 'pfn_seed', devdax: 'dax_seed' };

/** The region is no multiple of its alignment, which ndctl tells otherwise than all that fails later. */
export const MISALIGNED = new Errno('EINVAL', EINVAL.code);

/** `ndctl create-namespace`: the name of the namespace that was made, or what refused it. */
export function createNamespace(
  files: SysfsFiles,
  namespaces: Namespaces,
  options: CreateOptions,
): Result<string> {
  if (options.reconfigure !== undefined) return reconfigure(files, namespaces, options, options.reconfigure);
  const regions = files
    .devices('region')
    .filter(name => options.region === undefined || options.region === name);
  let refused: Errno = ENODEV;
  for (const region of regions) {
    const invalid = validate(files, region, options);
    if (invalid) return invalid;
    const namespace = hasRoom(files, region, options) && freeNamespace(files, namespaces, region);
    if (namespace) return setUp(files, region, namespace, options);
    refused = ENOSPC;
  }
  return refused;
}

/** validate_namespace_options: the region must suit its own alignment, and label-less ones cannot be divided. */
function validate(files: SysfsFiles, region: string, { size }: CreateOptions): Errno | undefined {
  const align = BigInt(files.attribute(region, 'align'));
  if (files.attribute(region, 'nstype') === '4' && size !== undefined) return EINVAL;
  return BigInt(files.attribute(region, 'size')) % align === 0n ? undefined : MISALIGNED;
}

/** namespace_create looks before it writes anything, and goes on to the next region. */
function hasRoom(files: SysfsFiles, region: string, { size = 0n }: CreateOptions): boolean {
  if (files.attribute(region, 'nstype') !== '5') return true;
  const available = BigInt(files.attribute(region, 'max_available_extent'));
  return available > 0n && size <= available;
}

/** region_get_namespace: the first one if it is idle, else the seed. */
function freeNamespace(files: SysfsFiles, namespaces: Namespaces, region: string): string | undefined {
  const first = `namespace${region.slice('region'.length)}.0`;
  if (files.exists(files.directory(first)) && namespaces.isIdle(first)) return first;
  return files.attribute(region, 'namespace_seed') || undefined;
}

/** namespace_reconfig: wiped, given labels where there can be some, and set up again. */
function reconfigure(
  files: SysfsFiles,
  namespaces: Namespaces,
  options: CreateOptions,
  namespace: string,
): Result<string> {
  const region = files.devices('region').find(name => files.exists(`${files.directory(name)}/${namespace}`));
  if (region === undefined) return ENODEV;
  if (namespaces.isActive(namespace) && !options.force) return EBUSY;
  const size = options.size ?? namespaces.size(namespace);
  const refused = validate(files, region, { ...options, region });
  if (refused) return refused;
  const wiped = namespaces.wipe(namespace);
  if (wiped) return wiped;
  namespaces.delete(namespace);
  if (files.attribute(region, 'nstype') === '4') enableLabels(files, region);
  const free = freeNamespace(files, namespaces, region);
  return free === undefined ? ENOSPC : setUp(files, region, free, { ...options, size });
}

/** enable_labels: the region is disabled while its DIMMs get labels, if there are any and all of them can hold some. */
function enableLabels(files: SysfsFiles, region: string): void {
  const mappings = Number(files.attribute(region, 'mappings'));
  const dimms = Array.from(
    { length: mappings },
    (_, i) => files.attribute(region, `mapping${i}`).split(',')[0]!,
  );
  if (mappings === 0 || !dimms.every(dimm => canHoldLabels(files, dimm))) return;
  files.unbind(region);
  for (const dimm of dimms) initLabels(files, dimm, '1.2');
  files.bind(region, 'nd_region');
}

/** ND_CMD_GET_CONFIG_SIZE */
function canHoldLabels(files: SysfsFiles, dimm: string): boolean {
  return files.attribute(dimm, 'commands').split(' ').includes('get_size');
}

/** uuid_generate: any will do that none has or had. Each namespace that comes sends events, which are numbered. */
function freshUuid(files: SysfsFiles, kind: 'namespace' | 'info block'): string {
  const seqnum = Number(files.read('/sys/kernel/uevent_seqnum'));
  return `daf51000-0000-4000-800${kind === 'namespace' ? 0 : 1}-${seqnum.toString(16).padStart(12, '0')}`;
}

/** setup_namespace: size and name, then the device that gives the namespace its mode. */
function setUp(files: SysfsFiles, region: string, namespace: string, options: CreateOptions): Result<string> {
  const { mode, map, align } = options;
  if (files.attribute(namespace, 'nstype') === '5') {
    const size = options.size ?? BigInt(files.attribute(region, 'max_available_extent'));
    const refused =
      files.setAttribute(namespace, 'uuid', options.uuid ?? freshUuid(files, 'namespace')) ??
      files.setAttribute(namespace, 'alt_name', options.name ?? '\n') ??
      files.setAttribute(namespace, 'size', String(size)) ??
      (options.reconfigure === undefined ? files.setAttribute(namespace, 'sector_size', '512') : undefined);
    if (refused) return refused;
  }
  files.setAttribute(namespace, 'holder_class', HOLDER_CLASS[mode]);
  if (mode === 'raw') {
    files.bind(namespace, files.driverOf(DRIVERS.raw));
    return namespace;
  }
  const seed = files.attribute(region, SEED[mode]);
  const refused =
    files.setAttribute(seed, 'uuid', freshUuid(files, 'info block')) ??
    files.setAttribute(seed, 'mode', map === 'dev' ? 'pmem' : 'ram') ??
    files.setAttribute(seed, 'align', String(align)) ??
    files.setAttribute(seed, 'namespace', namespace) ??
    files.bind(seed, files.driverOf(DRIVERS[mode]));
  if (!isErrno(refused)) return namespace;
  files.setAttribute(seed, 'namespace', '\n');
  return refused;
}
