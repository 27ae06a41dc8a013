import { fileURLToPath } from 'node:url';

const GUEST = import.meta.url.endsWith('.ts') ? 'guest' : '../../../mount/namespace/guest';

/** Where the shell scripts are that run inside: beside the sources, also when this is the built module. */
export const guestDirectory: string = fileURLToPath(new URL(GUEST, import.meta.url));
