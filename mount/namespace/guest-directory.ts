import { fileURLToPath } from 'node:url';

/** Where the shell scripts are that run inside: beside the sources, also when this is the built module. */
export const guestDirectory: string = fileURLToPath(
  new URL(
    import.meta.url.includes('/dist/mount/') ? '../../../mount/namespace/guest' : 'guest',
    import.meta.url,
  ),
);
