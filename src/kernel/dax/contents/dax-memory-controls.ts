import { ControlFile } from '../../fs/control-file.ts';
import type { Directory } from '../../fs/directory.ts';
import type { DaxBus } from '../bus.ts';
import type { DaxMemory } from './dax-memory.ts';
import { MemoryTree, type MemoryTreeOptions } from './dax-memory-tree.ts';
import { SimulatedMappings } from './device-mappings.ts';
import { mappingsControl } from './device-mappings-control.ts';

/** The control directory `mem` with the contents of the dax devices, and the file `mappings` of a process that maps them. */
export function addDaxMemoryControls(
  controls: Directory,
  bus: DaxBus,
  memory: DaxMemory,
  options: MemoryTreeOptions,
): void {
  const tree = new MemoryTree(controls.addDirectory('mem'), bus, memory, options);
  const mappings = new SimulatedMappings(bus, memory, dax => tree.contentChanged(dax));
  controls.add(new ControlFile(controls, 'mappings', mappingsControl(mappings)));
}
