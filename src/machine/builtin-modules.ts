import type { DriverCore } from '../kernel/base/core.ts';
import { addBuiltinModule } from '../kernel/base/module.ts';
import { group, ro, rw } from '../kernel/fs/attribute.ts';
import { EINVAL, isErrno } from '../kernel/lib/errno.ts';
import { dec, yesNo } from '../kernel/lib/format.ts';
import { kstrtouint } from '../kernel/lib/kstrtox.ts';

/** MAX_PAGE_ORDER */
const MAX_PAGE_ORDER = 10;

const pageReporting = group<{ order: number }>(
  {
    page_reporting_order: rw(
      values => dec(values.order),
      (values, text) => {
        const order = kstrtouint(text);
        if (isErrno(order) || order > MAX_PAGE_ORDER) return EINVAL;
        values.order = order;
        return undefined;
      },
    ),
  },
  { stable: true },
);

const deviceHmem = group<{ readonly disable: boolean }>(
  { disable: ro(values => yesNo(values.disable)) },
  { stable: true },
);

/** The parameters of code that is part of the kernel and concerns our memory. */
export function addBuiltinModules(core: DriverCore, options: { readonly hmemDisabled: boolean }): void {
  addBuiltinModule(core, 'device_hmem', deviceHmem, { disable: options.hmemDisabled });
  const { pageReportingOrder: order } = core.profile;
  if (order !== undefined) addBuiltinModule(core, 'page_reporting', pageReporting, { order });
}
