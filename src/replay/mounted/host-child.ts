import { createInterface } from 'node:readline';
import { Probe, type ProbeRequest } from '../probe.ts';
import { DumpedTree } from '../tree.ts';
import { becomeUser, changeRoot, HostCalls } from './host-calls.ts';

/** A client of a mount in a process of its own, with the user that it was started for: JSON requests in, answers out. */

const [mountpoint, uid] = process.argv.slice(2);
// A recorded path may lead out of the mount by `..` or a link. A plain user may not chroot(2), and harms only himself.
const root = changeRoot(mountpoint!) ? '' : mountpoint!;
if (uid !== '0') becomeUser(Number(uid));
const calls = new HostCalls(root);
const probe = new Probe(() => calls, new DumpedTree(calls));

createInterface({ input: process.stdin }).on('line', line => {
  process.stdout.write(`${JSON.stringify(probe.answer(JSON.parse(line) as ProbeRequest))}\n`);
});
