import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../../../mount/transport.ts';
import { untestable } from '../behaviour.ts';
import { mountFixture } from '../mount-fixture.ts';
import { program } from '../program.ts';

const refusal = await untestable('devfuse');

/** One read of a page, as `cat` does: readFileSync would stop at the length that a stat before told. */
const PRELUDE = `
  const fs = require('node:fs');
  const buffer = Buffer.alloc(4096);
  function readOnce(path) {
    const fd = fs.openSync(path);
    const length = fs.readSync(fd, buffer, 0, 4096, 0);
    fs.closeSync(fd);
    return buffer.toString('latin1', 0, length);
  }
`;

/** Writes ever larger numbers; after each write, a value read must be at least the one written last by anybody. */
const WRITER = `
  const [root, id, milliseconds] = process.argv.slice(1);
  const end = Date.now() + Number(milliseconds);
  const path = root + '/bus/gadget' + id + '/value';
  let count = 0;
  for (let value = 1; Date.now() < end; value++, count++) {
    fs.writeFileSync(path, value + '\\n');
    const read = readOnce(path);
    if (read !== value + '\\n') throw new Error('wrote ' + value + ', read ' + JSON.stringify(read));
    if (value % 20 === 0) {
      const name = root + '/bus/gadget2' + id;
      fs.writeFileSync(root + '/control/add', '2' + id);
      if (!fs.existsSync(name + '/value')) throw new Error('a new name is not seen');
      fs.writeFileSync(root + '/control/remove', '2' + id);
      if (fs.existsSync(name)) throw new Error('an old name is seen');
      if (fs.readdirSync(root + '/bus').includes('gadget2' + id)) throw new Error('an old name is listed');
    }
  }
  console.log(count);
`;

/** Values of one writer never go back. */
const READER = `
  const [root, milliseconds] = process.argv.slice(1);
  const end = Date.now() + Number(milliseconds);
  const last = [0, 0];
  let count = 0;
  while (Date.now() < end) {
    for (const id of [0, 1]) {
      const text = readOnce(root + '/bus/gadget' + id + '/value');
      const value = Number(text);
      if (!/^[0-9]+\\n$/.test(text) || value < last[id]) throw new Error('after ' + last[id] + ' came ' + JSON.stringify(text));
      last[id] = value;
      count++;
    }
    fs.readdirSync(root + '/bus');
  }
  console.log(count);
`;

for (const cache of [false, true]) {
  const mounted = refusal === undefined ? describe : describe.skip;
  mounted(
    `many readers and writers ${cache ? 'with' : 'without'} cached contents${refusal ? `: ${refusal}` : ''}`,
    () => {
      const mountpoint = mkdtempSync(join(tmpdir(), 'daxsim-coherence-'));
      let session: Session;

      beforeAll(async () => {
        session = await mountFixture({ transport: 'devfuse', mountpoint, cache });
      });

      afterAll(async () => {
        await session.unmount();
        rmdirSync(mountpoint);
      });

      it('never see an old value or name after the call that changed it returned', {
        timeout: 60_000,
      }, async () => {
        const milliseconds = '3000';
        const node = (text: string, ...args: string[]) =>
          program(process.execPath, ['-e', PRELUDE + text, mountpoint, ...args, milliseconds], 50_000);
        const outcomes = await Promise.all([
          node(WRITER, '0'),
          node(WRITER, '1'),
          ...Array.from({ length: 4 }, () => node(READER)),
        ]);
        for (const { status, stdout, stderr } of outcomes) {
          expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
          expect(Number(stdout)).toBeGreaterThan(10);
        }
      });
    },
  );
}
