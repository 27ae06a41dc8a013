import { expect, it } from 'vitest';
import { profileOf } from '../../src/kernel/releases/history.ts';
import { parseCommandLine } from '../../src/machine/cmdline.ts';
import { hotplugOptions, withoutEffect } from '../../src/machine/hotplug-options.ts';

const options = (cmdline: string, kernel = '6.12') =>
  hotplugOptions(parseCommandLine(cmdline), profileOf(kernel));
const ignored = (cmdline: string, kernel = '6.12') =>
  withoutEffect(parseCommandLine(cmdline), profileOf(kernel));

it('auto_movable_ratio is a number as the parameter file takes it; what that refuses is not there', () => {
  const ratio = (text: string) => options(`memory_hotplug.auto_movable_ratio=${text}`).autoMovableRatio;
  expect([ratio('50'), ratio('0x50'), ratio('010')]).toEqual([50, 80, 8]);
  expect([ratio('-1'), ratio('4294967296'), ratio('')]).toEqual([undefined, undefined, undefined]);
});

it('the last value that the kernel accepts counts', () => {
  expect(options('memhp_default_state=online_movable memhp_default_state=onlin')).toEqual({
    autoOnline: 'online_movable',
  });
});

it('a kernel knows no more than it had at its time', () => {
  const force = 'memory_hotplug.memmap_on_memory=force';
  expect(options(force).memmapOnMemory).toBe('force');
  expect(options(force, '6.1').memmapOnMemory).not.toBe('force');
  expect(options('memory_hotplug.memmap_on_memory', '6.1')).toEqual({ memmapOnMemory: 'Y' });
  expect(options('memory_hotplug.memmap_on_memory')).toEqual({});
  expect(options('memory_hotplug.online_policy=auto-movable', '6.1')).toEqual({
    onlinePolicy: 'auto-movable',
  });
  expect(options('memory_hotplug.online_policy=auto-movable', '5.10')).toEqual({});
  expect(options('memhp_default_state=online_movable', '5.10')).toEqual({ autoOnline: 'online_movable' });
  expect(options('memhp_default_state=online_movable', '5.4')).toEqual({});
});

it('tells what has no effect on memory, and nothing of other parameters', () => {
  expect(ignored('ro quiet movable_node kernelcore=1G numa=off dax_hmem.region_idle=1 efi=debug')).toEqual(
    [],
  );
  expect(
    ignored('memhp-default-state=onlin memory_hotplug.ratio=1 numa=fake=2 hugepagesz=1G hugepages=4'),
  ).toEqual([
    'memhp_default_state=onlin: ignored by Linux 6.12',
    'memory_hotplug.ratio=1: ignored by Linux 6.12',
    'numa=fake=2: not simulated',
    'hugepagesz=1G: not simulated',
    'hugepages=4: not simulated',
  ]);
  expect(ignored('memmap_on_memory')).toEqual([
    'memmap_on_memory: no parameter of the kernel, which has memory_hotplug.memmap_on_memory',
  ]);
  expect(ignored('memory_hotplug.online_policy=auto-movable', '5.10')).toHaveLength(1);
});

it('tells that efi_fake_mem has no effect where the kernel does not know it', () => {
  expect(ignored('efi_fake_mem=2G@6G:0x40000', '6.10')).toEqual([]);
  expect(ignored('efi_fake_mem=2G@6G:0x40000', '6.11')).toEqual([
    'efi_fake_mem=2G@6G:0x40000: ignored by Linux 6.11',
  ]);
});
