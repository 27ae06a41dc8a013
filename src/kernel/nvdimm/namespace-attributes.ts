import { group, parsed, ro, rw } from '../fs/attribute.ts';
import { EINVAL, ENXIO, type Errno, isErrno, refusal } from '../lib/errno.ts';
import { dec, hex } from '../lib/format.ts';
import { kstrtobool, kstrtoull, sysfsStreq } from '../lib/kstrtox.ts';
import type { HolderClass, NdNamespace } from './namespace.ts';
import { selectShow } from './size-select.ts';
import { parseUuid } from './uuid.ts';

const SECTOR_SIZES = [512, 4096];
/** NSLABEL_NAME_LEN without the NUL. */
const MAX_NAME = 63;
const HOLDER_CLASSES: readonly HolderClass[] = ['btt', 'pfn', 'dax', ''];

export const namespaceAttributes = group<NdNamespace>(
  {
    alt_name: rw(
      namespace => `${namespace.altName}\n`,
      (namespace, text) => {
        if (namespace.inUse) return namespace.busy();
        const name = text.trim();
        if (name.length > MAX_NAME) return refusal(EINVAL, `a name has ${MAX_NAME} characters at most`);
        namespace.altName = name;
        return namespace.updateLabel();
      },
    ),
    dpa_extents: ro(namespace => dec(namespace.size > 0n ? namespace.region.mappings.length : 0)),
    force_raw: rw(
      namespace => dec(Number(namespace.forceRaw)),
      parsed(kstrtobool, (namespace, value) => {
        namespace.forceRaw = value;
      }),
    ),
    holder: ro(namespace => `${namespace.claim?.name ?? ''}\n`),
    holder_class: rw(
      namespace => `${namespace.holderClass}\n`,
      (namespace, text) => {
        if (namespace.inUse) return namespace.busy();
        const wanted = HOLDER_CLASSES.find(name => sysfsStreq(name, text));
        if (wanted === undefined) return refusal(EINVAL, 'a holder class is btt, pfn, dax or nothing');
        namespace.holderClass = wanted;
        return namespace.updateLabel();
      },
    ),
    mode: ro(namespace => `${namespace.mode}\n`),
    nstype: ro(namespace => dec(namespace.ndType)),
    resource: ro(
      namespace =>
        namespace.size === 0n ? refusal(ENXIO, 'the namespace has no size') : hex(namespace.start),
      { mode: 0o400 },
    ),
    sector_size: rw(namespace => selectShow(SECTOR_SIZES, namespace.sectorSize), setSectorSize),
    size: rw(
      namespace => dec(namespace.size),
      parsed(kstrtoull, (namespace, size) => namespace.resize(size)),
    ),
    uuid: rw(
      namespace => `${namespace.uuid ?? ''}\n`,
      (namespace, text) => {
        if (namespace.inUse) return namespace.busy();
        const uuid = parseUuid(text);
        if (isErrno(uuid)) return uuid;
        return namespace.rename(uuid);
      },
    ),
  },
  { visible },
);

const LABELLED_ONLY = ['alt_name', 'dpa_extents', 'sector_size', 'uuid'];

/** namespace_visible */
function visible({ kind }: NdNamespace, name: string, mode: number): number {
  if (kind === 'pmem') return mode;
  if (LABELLED_ONLY.includes(name)) return 0;
  return name === 'size' ? 0o444 : mode;
}

/** sector_size_store */
function setSectorSize(namespace: NdNamespace, text: string): Errno | undefined {
  if (namespace.inUse) return namespace.busy();
  const size = kstrtoull(text);
  if (isErrno(size)) return size;
  if (!SECTOR_SIZES.includes(Number(size)))
    return refusal(EINVAL, `sector size ${size} is none of ${SECTOR_SIZES.join(', ')}`);
  namespace.sectorSize = Number(size);
  return namespace.updateLabel();
}
