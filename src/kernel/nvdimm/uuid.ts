import { EINVAL, type Result, refusal } from '../lib/errno.ts';

/** Sixteen bytes as lower-case text, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`. */
export type Uuid = string;

export const NULL_UUID: Uuid = '00000000-0000-0000-0000-000000000000';

const LENGTH = 16;

/** nd_uuid_parse: sixteen pairs of hex digits, each pair with an optional `-`, `:` or newline after it. What follows is ignored. */
export function parseUuid(text: string): Result<Uuid> {
  const match = /^(?:[0-9a-fA-F]{2}[-:\n]?){16}/.exec(text);
  if (!match) return refusal(EINVAL, 'a uuid has 32 hexadecimal digits');
  return formatUuid(Uint8Array.from(match[0].match(/[0-9a-fA-F]{2}/g)!, pair => Number.parseInt(pair, 16)));
}

export function uuidBytes(uuid: Uuid): Uint8Array {
  return Uint8Array.from(uuid.replaceAll('-', '').match(/../g)!, pair => Number.parseInt(pair, 16));
}

/** %pUb */
export function formatUuid(bytes: Uint8Array): Uuid {
  const digits = Array.from(bytes.subarray(0, LENGTH), byte => byte.toString(16).padStart(2, '0')).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
