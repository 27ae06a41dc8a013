import { isErrno } from '../../kernel/lib/errno.ts';
import type { Namespaces } from './namespaces.ts';
import type { SysfsFiles } from './sysfs-files.ts';

/** util_namespace_to_json with devices: what create-namespace prints. Numbers as numbers, in ndctl's order. */
export function namespaceJson(files: SysfsFiles, namespaces: Namespaces, namespace: string): object {
  const holder = namespaces.holder(namespace);
  const mode = modeOf(files, namespace);
  const size = (text: string): number => Number(text);
  const base = { dev: namespace, mode };
  const block = namespaces.blockDevice(namespace);
  const disk = block === undefined ? { state: 'disabled' } : { blockdev: block };
  if (holder === namespace) {
    const uuid = files.attribute(namespace, 'uuid');
    return {
      ...base,
      size: size(files.attribute(namespace, 'size')),
      ...(uuid === '' ? {} : { uuid }),
      sector_size: 512,
      ...disk,
    };
  }
  const claimed = {
    ...base,
    map: files.attribute(holder, 'mode') === 'pmem' ? 'dev' : 'mem',
    size: size(files.attribute(holder, 'size')),
    uuid: files.attribute(holder, 'uuid'),
  };
  const align = size(files.attribute(holder, 'align'));
  if (mode !== 'devdax') return { ...claimed, sector_size: 512, align, ...disk };
  return { ...claimed, ...daxRegion(files, namespaces.daxDevice(holder), holder), align };
}

function modeOf(files: SysfsFiles, namespace: string): string {
  const mode = files.attribute(namespace, 'mode');
  return { dax: 'devdax', memory: 'fsdax', safe: 'sector' }[mode] ?? mode;
}

function daxRegion(files: SysfsFiles, dax: string | undefined, holder: string): object {
  if (dax === undefined) return { state: 'disabled' };
  const directory = `${files.directory(holder)}/${dax}`;
  const number = (name: string): number => Number(files.read(`${directory}/${name}`));
  const region = (name: string): number => Number(files.attribute(holder, `dax_region/${name}`));
  const driver = files.calls.readlink(`${directory}/driver`);
  const systemRam = !isErrno(driver) && driver.endsWith('/kmem');
  return {
    daxregion: {
      id: region('id'),
      size: region('size'),
      align: region('align') || number('align'),
      devices: [
        {
          chardev: dax,
          size: number('size'),
          target_node: number('target_node'),
          align: number('align'),
          mode: systemRam ? 'system-ram' : 'devdax',
          ...(isErrno(driver) ? { state: 'disabled' } : {}),
        },
      ],
    },
  };
}

/** json-c with JSON_C_TO_STRING_PRETTY: no blank after a colon. */
export function prettyJson(value: object): string {
  return `${JSON.stringify(value, undefined, 2).replace(/^(\s*"(?:[^"\\]|\\.)*"): /gm, '$1:')}\n`;
}
