import { LIMITS } from '../../../mount/fuse-native/transport.ts';
import { describeBehaviour } from '../behaviour.ts';

await describeBehaviour('fuse-native', LIMITS);
