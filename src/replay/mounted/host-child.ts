import { createInterface } from 'node:readline';
import { Probe, type ProbeRequest } from '../probe.ts';
import { DumpedTree } from '../tree.ts';
import { HostCalls } from './host-calls.ts';

/** A client of a mount in a process of its own, with the user that it was started for: JSON requests in, answers out. */

const [root, uid] = process.argv.slice(2);
if (uid !== '0') {
  process.setgroups?.([]);
  process.setgid?.(Number(uid));
  process.setuid?.(Number(uid));
}
const calls = new HostCalls(root!);
const probe = new Probe(() => calls, new DumpedTree(calls));

createInterface({ input: process.stdin }).on('line', line => {
  process.stdout.write(`${JSON.stringify(probe.answer(JSON.parse(line) as ProbeRequest))}\n`);
});
