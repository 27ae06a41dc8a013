import { Failure } from '../api/failure.ts';
import type { DaemonMessage } from './detach.ts';
import { type MountValues, mountAndWait } from './mount.ts';

/** The background process of `daxsim mount --detach`. */
const values: MountValues = JSON.parse(process.argv[2]!);

const tell = (message: DaemonMessage): void => {
  // Who started it may have ended since.
  if (process.connected) process.send!(message, undefined, undefined, () => {});
};

try {
  await mountAndWait(values, ({ announcement, warnings }) => {
    // Keeps no directory of the caller busy.
    process.chdir('/');
    tell({ ready: announcement, warnings });
  });
} catch (error) {
  process.exitCode = 1;
  tell({ failure: error instanceof Failure ? error.message : String(error) });
  if (process.connected) process.disconnect();
}
