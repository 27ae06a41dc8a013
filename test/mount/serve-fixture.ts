import { startMount, type TransportName } from '../../mount/host.ts';
import { fixtureSource } from './fixture-source.ts';

/** A daemon of its own, to be killed: `serve-fixture.js TRANSPORT MOUNTPOINT`, says `ready` when it answers. */
const [transport, mountpoint] = process.argv.slice(2) as [TransportName, string];
await startMount({
  transport,
  mountpoint,
  cache: false,
  name: 'daxsim-test',
  fileSystem: fixtureSource(),
  onLog: () => {},
});
console.log('ready');
