import type { TransportName } from '../../mount/host.ts';
import { mountFixture } from './mount-fixture.ts';

/** A daemon of its own, to be killed: `serve-fixture.js TRANSPORT MOUNTPOINT`, says `ready` when it answers. */
const [transport, mountpoint] = process.argv.slice(2) as [TransportName, string];
await mountFixture({ transport, mountpoint });
console.log('ready');
