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

/** Milliseconds. */
const PAGE_REPORTING_DELAY_MS = 2000;

const pageReportingDelay = group<{ delay: number }>(
  {
    page_reporting_delay_ms: rw(
      values => dec(values.delay),
      (values, text) => {
        const delay = kstrtouint(text);
        if (isErrno(delay)) return delay;
        values.delay = delay;
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
  const { pageReportingOrder: order, pageReportingDelay: delayed } = core.profile;
  if (order === undefined) return;
  const parameters = addBuiltinModule(core, 'page_reporting', pageReporting, { order });
  if (delayed) parameters.attach(pageReportingDelay.of({ delay: PAGE_REPORTING_DELAY_MS }));
}
