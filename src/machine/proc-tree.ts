import type { DriverCore } from '../kernel/base/core.ts';
import type { ModuleLoader } from '../kernel/base/module.ts';
import { seesAddresses } from '../kernel/fs/permission.ts';
import { lines, SeqFile } from '../kernel/fs/seq-file.ts';
import { hexPad } from '../kernel/lib/format.ts';
import { formatIomem } from '../kernel/resource/iomem-format.ts';
import type { Resource } from '../kernel/resource/resource.ts';

/** /proc/modules: the newest module first; addresses only for the privileged. */
function formatModules(modules: ModuleLoader, privileged: boolean): string {
  return modules
    .loaded()
    .map(({ name, size, refcount, holders, address }) => {
      const users =
        [...holders]
          .reverse()
          .map(holder => `${holder.name},`)
          .join('') || '-';
      return `${name} ${size} ${refcount} ${users} Live 0x${hexPad(privileged ? address : 0n, 16)}\n`;
    })
    .join('');
}

/** The files of /proc that tell of memory, modules and devices. */
export function addProcTree(core: DriverCore, iomem: Resource, modules: ModuleLoader, cmdline: string): void {
  const { proc } = core;
  proc.add(new SeqFile(proc, 'iomem', opener => lines(formatIomem(iomem, seesAddresses(opener)))));
  proc.add(new SeqFile(proc, 'modules', opener => lines(formatModules(modules, seesAddresses(opener)))));
  proc.add(new SeqFile(proc, 'cmdline', () => `${cmdline}\n`));
  proc.add(
    new SeqFile(
      proc,
      'devices',
      () => `Character devices:\n${core.profile.dax.major} dax\n\nBlock devices:\n`,
    ),
  );
}
