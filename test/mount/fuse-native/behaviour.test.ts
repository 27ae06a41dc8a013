import { describeBehaviour } from '../behaviour.ts';

// The kernel checks mode bits against the caller; what libfuse 2 hides is listed as LIMITS beside the transport.
await describeBehaviour('fuse-native', { callerIdentity: true, wholeProtocol: false });
