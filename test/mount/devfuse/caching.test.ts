import { describeBehaviour } from '../behaviour.ts';

await describeBehaviour('devfuse', { callerIdentity: true, wholeProtocol: true }, true);
