/** Where a machine's own files are that no kernel has (see `addControlDirectory`). */
export const CONTROL_DIRECTORY = '/sys/kernel/debug/daxsim';
