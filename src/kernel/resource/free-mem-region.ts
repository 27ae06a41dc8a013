import { roundUp, smaller } from '../lib/bigint.ts';
import { ERANGE, isErrno, type Result } from '../lib/errno.ts';
import {
  childIndexAt,
  IORES_DESC_DEVICE_PRIVATE_MEMORY,
  IORESOURCE_MEM,
  insertResource,
  Resource,
  requestRegion,
} from './resource.ts';

/** GFR_DEFAULT_ALIGN: one memory section. */
const SECTION = 128n << 20n;

/** The child of `base` with the lowest address that overlaps. */
function firstOverlap(base: Resource, start: bigint, size: bigint): Resource | undefined {
  const child = base.children[childIndexAt(base, start)];
  return child && child.start < start + size ? child : undefined;
}

/**
 * request_free_mem_region: claims the highest free range below `limit`, for memory that no CPU can address.
 * ERANGE when there is none.
 *
 * @param size bytes, rounded up to 128 MiB
 * @param limit the highest physical address
 */
export function requestFreeMemRegion(
  root: Resource,
  size: bigint,
  name: string,
  limit: bigint,
): Result<Resource> {
  const length = roundUp(size, SECTION);
  let start = smaller(root.end, limit) - length + 1n;
  while (start >= 0n) {
    const taken = firstOverlap(root, start, length);
    if (!taken) break;
    start -= roundUp(start + length - taken.start, SECTION);
  }
  if (start < 0n) return ERANGE;
  const resource = requestRegion(root, start, length, name);
  if (!isErrno(resource)) resource.desc = IORES_DESC_DEVICE_PRIVATE_MEMORY;
  return resource;
}

/** alloc_free_mem_region: inserts a resource into the lowest free range of `base`. ERANGE when there is none. */
export function allocFreeMemRegion(
  base: Resource,
  size: bigint,
  align: bigint,
  name: string,
): Result<Resource> {
  for (let start = roundUp(base.start, align); start + size - 1n <= base.end; ) {
    const taken = firstOverlap(base, start, size);
    if (taken) {
      start = roundUp(taken.end + 1n, align);
      continue;
    }
    const resource = new Resource({ start, end: start + size - 1n, name, flags: IORESOURCE_MEM });
    return insertResource(base, resource) ?? resource;
  }
  return ERANGE;
}
