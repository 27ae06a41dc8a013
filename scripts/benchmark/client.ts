import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';

/** What c/client.c does for one process, where no C compiler is: `read`, `write` and `echo` only. */

const [what, count, path, ...texts] = process.argv.slice(2) as [string, string, string, ...string[]];
if (what === 'many') throw new Error('many clients need a C compiler');
const times = new Uint32Array(Number(count));
const buffer = Buffer.alloc(4096);
let start = process.hrtime.bigint();
for (let i = 0; i < times.length; i++) {
  if (what === 'read') {
    const fd = openSync(path, 'r');
    readSync(fd, buffer);
    closeSync(fd);
  } else {
    const fd = openSync(path, constants.O_WRONLY | (what === 'echo' ? constants.O_TRUNC : 0));
    writeSync(fd, texts[i % 2]!);
    closeSync(fd);
  }
  const end = process.hrtime.bigint();
  times[i] = Number(end - start);
  start = end;
}
writeSync(1, new Uint8Array(times.buffer));
