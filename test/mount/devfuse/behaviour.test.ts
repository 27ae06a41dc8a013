import { describeBehaviour } from '../behaviour.ts';

await describeBehaviour('devfuse');
