import { spawn } from 'node:child_process';

/**
 * Waits for its standard input to end, which happens when the daemon dies in whatever way. A mount that answers
 * statfs belongs to a successor and is left alone.
 */
const SCRIPT = 'read -r farewell || stat -f -- "$1" >/dev/null 2>&1 || umount -i -l -- "$1" 2>/dev/null';

/**
 * Starts a small process that takes the mount away should this one be killed.
 * @returns a function that dismisses it.
 */
export function watchMount(mountpoint: string): () => void {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'daxsim-watcher', mountpoint], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  child.unref();
  (child.stdin as typeof child.stdin & { unref?: () => void }).unref?.();
  return () => child.stdin.end('farewell\n');
}
