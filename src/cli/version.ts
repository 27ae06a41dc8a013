import { readFileSync } from 'node:fs';

/** From the package, which is three directories up from the built module, bundled or not. */
const packageFile = new URL('../../../package.json', import.meta.url);

export const version: string = JSON.parse(readFileSync(packageFile, 'utf8')).version;
