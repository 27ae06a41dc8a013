import { expect, it } from 'vitest';
import { parseCommandLine } from '../../src/machine/cmdline.ts';
import { hotplugOptions } from '../../src/machine/hotplug-options.ts';

const options = (cmdline: string) => hotplugOptions(parseCommandLine(cmdline));

it('auto_movable_ratio is a number as the parameter file takes it; what that refuses is not there', () => {
  const ratio = (text: string) => options(`memory_hotplug.auto_movable_ratio=${text}`).autoMovableRatio;
  expect([ratio('50'), ratio('0x50'), ratio('010')]).toEqual([50, 80, 8]);
  expect([ratio('-1'), ratio('4294967296'), ratio('')]).toEqual([undefined, undefined, undefined]);
});
