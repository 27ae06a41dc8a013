import { type OnlineType, onlineTypes } from '../base/memory/online-type.ts';
import { KERN_ERR } from '../base/printk.ts';
import { group, rw } from '../fs/attribute.ts';
import { EBUSY, EINVAL, type Errno, refusal } from '../lib/errno.ts';
import { stripNewline, sysfsStreq } from '../lib/kstrtox.ts';
import { removeResource } from '../resource/resource.ts';
import type { DevDax } from './dev-dax.ts';
import type { KmemData } from './kmem.ts';
import { addRanges } from './kmem-ranges.ts';

interface Kmem {
  readonly dax: DevDax;
  readonly data: KmemData;
}

const states = [...onlineTypes.filter(type => type !== 'offline'), 'unplugged'] as const;

/** drivers/dax/kmem.c: the whole device as one, while kmem has it. */
const stateAttribute = group<Kmem>({
  state: rw(({ data }) => `${data.state}\n`, setState),
});

/** `daxN.M/state` comes with the bind and goes with the driver's resources. */
export function addStateAttribute(dax: DevDax, data: KmemData): void {
  const source = stateAttribute.of({ dax, data });
  dax.directory.attach(source);
  dax.devres.add(() => dax.directory.detach(source));
}

/** EINVAL for a word that is none, EBUSY between two online states and for memory that cannot be taken back. */
function setState({ dax, data }: Kmem, text: string): Errno | undefined {
  if (text === '') return undefined;
  const wanted = states.find(state => sysfsStreq(text, state));
  if (wanted === undefined)
    return refusal(EINVAL, `${JSON.stringify(stripNewline(text))} is none of ${states.join(', ')}`);
  if (wanted === data.state) return undefined;
  if (wanted === 'unplugged') return unplug(dax, data);
  return data.state === 'unplugged'
    ? plug(dax, data, wanted)
    : refusal(EBUSY, `the memory is ${data.state}: write unplugged first`);
}

function plug(dax: DevDax, data: KmemData, wanted: OnlineType): Errno | undefined {
  const refused = addRanges(dax, data, wanted);
  if (refused) return refused;
  data.state = wanted;
  return undefined;
}

/** offline_and_remove_memory over all ranges: all of it or nothing. */
function unplug(dax: DevDax, data: KmemData): Errno | undefined {
  const { hotplug } = dax.region.bus.memory;
  const spans = [...data.spans].filter(([i]) => data.resources.has(i)).map(([, span]) => span);
  const refused = hotplug.offlineAndRemove(spans);
  if (refused) {
    dax.log(KERN_ERR, `hotremove failed, device left online: -${refused.code}`);
    return refused;
  }
  for (const resource of data.resources.values()) removeResource(resource);
  data.resources.clear();
  data.state = 'unplugged';
  return undefined;
}
