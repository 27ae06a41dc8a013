import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Tests that start daxsim as a process start what is in dist/. */
export default function build(): void {
  const script = fileURLToPath(new URL('../scripts/build', import.meta.url));
  const { status, stderr } = spawnSync(script, ['--all'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the build failed:\n${stderr}`);
}
