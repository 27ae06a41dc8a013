/**
 * Does something later, once: handed in by whoever runs the machine, since nothing here has a clock. Returns how to call it
 * off.
 */
export type Timer = (milliseconds: number, act: () => void) => () => void;

/** For a machine that stands still between calls: what it would do later never comes. */
export const noTimer: Timer = () => () => {};
