import { expect, it } from 'vitest';
import { PmemMachine } from './machine.ts';

it.each(['force_enable_dimms', 'no_init_ars'])('the parameter %s of nfit keeps what is written', name => {
  const machine = new PmemMachine();
  const file = `/sys/module/nfit/parameters/${name}`;
  expect(machine.read(file)).toBe('N\n');
  expect(machine.write(file, '1\n')).toBe('OK');
  expect(machine.read(file)).toBe('Y\n');
  expect(machine.write(file, 'x')).toBe('EINVAL');
});
