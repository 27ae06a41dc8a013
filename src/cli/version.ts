import { readFileSync } from 'node:fs';

/** From the package, which is three directories up in the sources' shape of dist/. */
const packageFile = new URL('../../../package.json', import.meta.url);

export const version: string = JSON.parse(readFileSync(packageFile, 'utf8')).version;
