import { EBUSY, type Errno } from '../../kernel/lib/errno.ts';
import type { SysfsFiles } from './sysfs-files.ts';

/** `ndctl init-labels`: the DIMM is disabled and enabled afterwards, so that its driver reads them. EBUSY while a region uses it. */
export function initLabels(files: SysfsFiles, dimm: string, version: string): Errno | undefined {
  if (files.attribute(dimm, 'state') === 'active') return EBUSY;
  const refused = files.control(`init-labels ${dimm} ${version}`);
  if (refused) return refused;
  files.unbind(dimm);
  files.bind(dimm, 'nvdimm');
  return undefined;
}
