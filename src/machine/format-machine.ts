import { Document, isCollection, isMap, isScalar, visit } from 'yaml';
import type { MachineSpec } from './schema.ts';

/** A machine as the text of its file: what is in a list on one line, addresses in hexadecimal. */
export function formatMachine(spec: MachineSpec): string {
  const document = new Document(spec);
  visit(document, {
    Seq(_key, { items }) {
      for (const item of items) if (isCollection(item)) item.flow = true;
    },
    Pair(_key, { key, value }) {
      if (isScalar(key) && key.value === 'start' && isScalar(value)) value.format = 'HEX';
      if (isCollection(value) && !isMap(value)) value.flow = value.items.every(isWord);
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

function isWord(item: unknown): boolean {
  return isScalar(item) && !/\s/.test(String(item.value));
}
