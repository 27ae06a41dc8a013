import { hotplugParameters } from './hotplug-options.ts';
import { machineJsonSchema } from './schema.ts';
import { closelyRelated, nearest } from './suggestion.ts';

/** The parts of a JSON Schema that say which keys there are. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

/** The keys of a machine file by places such as `nodes[].ram[]`, the file itself being ''. */
function keysByPlace(): ReadonlyMap<string, readonly string[]> {
  const table = new Map<string, string[]>();
  const walk = ({ properties, items, anyOf = [] }: Schema, place: string): void => {
    for (const form of anyOf) walk(form, place);
    if (items) walk(items, `${place}[]`);
    if (!properties) return;
    table.set(place, Object.keys(properties));
    for (const [key, value] of Object.entries(properties))
      walk(value, place === '' ? key : `${place}.${key}`);
  };
  walk(machineJsonSchema() as Schema, '');
  table.set('parameters', [...hotplugParameters]);
  return table;
}

/** Made for the first unknown key. */
let table: ReturnType<typeof keysByPlace> | undefined;

/** More names than these are no help in one line. */
const MANY_KEYS = 8;
const MANY_PLACES = 2;

/** What to write in place of an unknown key: the one that it nearly is, where it belongs, or what there is. */
export function insteadOfKey(key: string, path: string): string {
  table ??= keysByPlace();
  const known = table.get(path.replace(/\[\d+\]/g, '[]')) ?? [];
  const close = closelyRelated(key, known);
  if (close !== undefined) return `did you mean ${close}?`;
  const elsewhere = [...table].filter(([, keys]) => keys.includes(key)).map(([place]) => place);
  if (elsewhere.length > 0 && elsewhere.length <= MANY_PLACES)
    return `it belongs to ${elsewhere.map(place => place || 'the machine').join(' or ')}`;
  const near = nearest(key, known);
  if (near !== undefined) return `did you mean ${near}?`;
  if (known.length <= MANY_KEYS) return `known are ${known.join(', ')}`;
  return '"daxsim schema" describes those that are known';
}
