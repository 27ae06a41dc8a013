import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { MAIN } from './sandbox.ts';

/** What `daxsim run` is made of, koffi among it, which is not bundled. */
const PARTS = [
  'package.json',
  'dist/bundle',
  'mount/namespace/guest',
  'node_modules/koffi',
  'node_modules/@koromix',
];
const CHECKOUT = resolve(MAIN, '../../../..');

/** The program as any user can read it, until the test ends: a checkout in a home directory is closed to others. */
export function readableMain(): string {
  const place = mkdtempSync(join(tmpdir(), 'daxsim-test-'));
  onTestFinished(() => rmSync(place, { recursive: true }));
  for (const part of PARTS) cpSync(join(CHECKOUT, part), join(place, part), { recursive: true });
  execFileSync('chmod', ['-R', 'a+rX', place]);
  return join(place, relative(CHECKOUT, MAIN));
}
