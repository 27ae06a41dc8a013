import { describeRecovery } from '../recovery.ts';

await describeRecovery('devfuse');
