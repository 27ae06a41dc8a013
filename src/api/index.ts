/**
 * daxsim as a library: a simulated machine in this process ({@link bootMachine}), behind a mount ({@link mountMachine}),
 * or around a real program ({@link runOnMachine}).
 * @module daxsim
 */
export type { Uevent } from '../kernel/base/uevent.ts';
export type { MachineDescription } from '../machine/description.ts';
export type { MachineSpec } from '../machine/schema.ts';
export type { FileStatus } from '../user/system-calls.ts';
export { bootMachine, describeMachine, type MachineInput } from './boot-machine.ts';
export { Failure } from './failure.ts';
export type { MachineFile, MachineFiles, MachineUser } from './machine-files.ts';
export { type Mounted, type MountOptions, mountMachine } from './mount-machine.ts';
export { type RunOptions, type RunOutcome, runOnMachine } from './run-on-machine.ts';
export type { CommandOutcome, SimulatedMachine } from './simulated-machine.ts';
export { SystemError } from './system-error.ts';
