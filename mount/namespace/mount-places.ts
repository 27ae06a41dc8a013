/** What the guest's launch script binds, or binds something over, by its path below the root of the machine. */
const MOUNT_PLACES =
  /^(sys(\/fs(\/cgroup)?)?|proc(\/[^/]+|\/sys\/[^/]+(\/[^/]+)?)?|dev(\/(null|zero|full|random|urandom|tty|ptmx|console|pts|shm|mqueue))?)$/;

export function isMountPlace(path: string): boolean {
  return MOUNT_PLACES.test(path);
}
