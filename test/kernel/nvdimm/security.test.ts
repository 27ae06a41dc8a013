import { describe, expect, it } from 'vitest';
import { PMEM_START, PmemMachine } from './machine.ts';

const withState = (state: 'disabled' | 'unlocked' | 'locked', keys: readonly number[] = []) =>
  new PmemMachine({ nvdimm: { security: { state, keys } } });

describe('DIMM security', () => {
  it('has no files where the hardware has none', () => {
    const machine = new PmemMachine();
    expect(machine.nd('nmem0', 'security')).toBe('ENOENT');
    expect(machine.nd('nmem0', 'frozen')).toBe('ENOENT');
  });

  it.each([
    ['what 1', 'EINVAL'],
    ['', 'EINVAL'],
    ['disable', 'EINVAL'],
    ['disable x', 'EINVAL'],
    ['disable 7', 'ENOKEY'],
    ['erase 3', 'EBUSY'],
    ['overwrite 3', 'EBUSY'],
    ['update 3 3', 'OK'],
    ['update 3 0', 'ENOKEY'],
    ['disable 3', 'OK'],
  ])('%j on an unlocked DIMM in use is %s', (command, result) => {
    expect(withState('unlocked', [3]).setNd('nmem0', 'security', command || '\n')).toBe(result);
  });

  it('cannot be frozen while an overwrite goes on', () => {
    const machine = new PmemMachine({ nvdimm: { security: { state: 'overwrite' } } });
    expect(machine.setNd('nmem0', 'security', 'freeze')).toBe('EBUSY');
    expect(machine.nd('nmem0', 'frozen')).toBe('0\n');
  });

  it('once frozen does nothing more', () => {
    const machine = withState('unlocked', [3]);
    expect(machine.nd('nmem0', 'frozen')).toBe('0\n');
    expect(machine.setNd('nmem0', 'security', 'freeze')).toBe('OK');
    expect(machine.nd('nmem0', 'frozen')).toBe('1\n');
    expect(machine.setNd('nmem0', 'security', 'disable 3')).toBe('EIO');
  });

  it('unlocks a DIMM whose key is at hand', () => {
    expect(withState('locked', [3]).nd('nmem0', 'security')).toBe('unlocked\n');
  });

  it('keeps the memory of a locked DIMM from everybody', () => {
    const machine = withState('locked');
    expect(machine.nd('nmem0', 'security')).toBe('locked\n');
    expect(machine.nd('nmem0', 'flags')).toBe('lock \n');
    expect(machine.bind('nd_pmem', 'namespace0.0')).toBe('EACCES');
    expect(machine.makeDevdax('ram')).toBe('EACCES');
  });

  it('thaws, and asks for the passphrase again, when the machine starts anew', () => {
    const machine = withState('unlocked');
    machine.setNd('nmem0', 'security', 'freeze');
    machine.control('reboot', '1');
    expect(machine.nd('nmem0', 'security')).toBe('locked\n');
    expect(machine.nd('nmem0', 'frozen')).toBe('0\n');
  });

  it('erases an idle DIMM', () => {
    const machine = withState('unlocked', [3]);
    const { memory } = machine.machine.nvdimm;
    memory.write(PMEM_START, Uint8Array.of(1));
    machine.unbind('nd_region', 'region0');
    expect(machine.setNd('nmem0', 'security', 'erase 3')).toBe('OK');
    expect(memory.read(PMEM_START, 1)).toEqual(Uint8Array.of(0));
    expect(machine.nd('nmem0', 'security')).toBe('disabled\n');
  });
});
