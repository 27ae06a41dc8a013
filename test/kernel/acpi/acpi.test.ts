import { expect, it } from 'vitest';
import { PmemMachine } from '../nvdimm/machine.ts';

it('the devices above the NFIT are ACPI devices too, for rules that ask a parent for its subsystem', () => {
  const machine = new PmemMachine();
  const top = '/sys/devices/LNXSYSTM:00';
  const facts = (path: string) =>
    ['hid', 'modalias', 'path', 'uevent'].map(name => machine.read(`${path}/${name}`));
  expect(facts(top)).toEqual(['LNXSYSTM\n', 'acpi:LNXSYSTM:\n', '\\\n', 'MODALIAS=acpi:LNXSYSTM:\n']);
  expect(facts(`${top}/LNXSYBUS:00`).slice(0, 3)).toEqual(['LNXSYBUS\n', 'acpi:LNXSYBUS:\n', '\\_SB_\n']);
  expect(facts(`${top}/LNXSYBUS:00/ACPI0012:00`)[2]).toBe('\\_SB_.NVDR\n');
  expect(machine.read('/sys/bus/acpi/devices/LNXSYBUS:00/subsystem/devices/LNXSYSTM:00/hid')).toBe(
    'LNXSYSTM\n',
  );
});
