import type { DriverCore } from '../base/core.ts';
import type { ModuleLoader } from '../base/module.ts';
import { DAX_MAJOR } from '../dax/super.ts';
import { SeqFile } from '../fs/seq-file.ts';
import { hexPad } from '../lib/format.ts';
import { formatIomem } from '../mm/iomem-format.ts';
import type { Resource } from '../mm/resource.ts';

/** Where the first module's code would lie; the real one is random. */
const MODULES_VADDR = 0xffffffffc0000000n;
const PAGE = 4096;

/** /proc/modules: the newest module first; addresses only for the privileged. */
function formatModules(modules: ModuleLoader, privileged: boolean): string {
  let address = MODULES_VADDR;
  const lines = modules
    .loaded()
    .reverse()
    .map(module => {
      const shown = privileged ? address : 0n;
      address += BigInt(Math.ceil(module.size / PAGE) * PAGE);
      const holders = [...module.holders].map(holder => `${holder.name},`).join('') || '-';
      return `${module.name} ${module.size} ${module.refcount} ${holders} Live 0x${hexPad(shown, 16)}\n`;
    });
  return lines.reverse().join('');
}

/** The files of /proc that tell of memory, modules and devices. */
export function addProcTree(core: DriverCore, iomem: Resource, modules: ModuleLoader, cmdline: string): void {
  const { proc } = core;
  proc.add(new SeqFile(proc, 'iomem', opener => formatIomem(iomem, opener.uid === 0)));
  proc.add(new SeqFile(proc, 'modules', opener => formatModules(modules, opener.uid === 0)));
  proc.add(new SeqFile(proc, 'cmdline', () => `${cmdline}\n`));
  proc.add(new SeqFile(proc, 'devices', () => `Character devices:\n${DAX_MAJOR} dax\n\nBlock devices:\n`));
}
