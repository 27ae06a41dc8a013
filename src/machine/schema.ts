import { z } from 'zod';

const SIZE = /^\s*(0[xX][0-9a-fA-F_]+|[0-9][0-9_]*)\s*([kmgtpeKMGTPE](i?B)?|B)?\s*$/;

export const size = z
  .union([
    z.number().int().nonnegative(),
    z.string().regex(SIZE, 'expected a size such as 64GiB, 900M or 0x180000000'),
  ])
  .describe('Bytes: a number, or text such as 64GiB, 900M, 0x180000000');
const address = size.describe('A physical address; left out, the next free gibibyte after everything else');
const node = z.number().int().min(0).max(1023).describe('An index of `nodes`');
const nanoseconds = z.number().int().min(1).max(65535).describe('Nanoseconds');
const bandwidth = size.describe('Per second: MB as a number, or text such as 50GiB');

/** eiw_to_ways */
const ways = z
  .literal([1, 2, 3, 4, 6, 8, 12, 16])
  .describe('Host bridges that it interleaves over: 1, 2, 3, 4, 6, 8, 12 or 16');

const range = z.strictObject({ start: address, size });

const nodeSchema = z
  .strictObject({
    cpus: z
      .union([
        z.number().int().nonnegative(),
        z.string().regex(/^\d+(-\d+)?(,\d+(-\d+)?)*$/, 'expected CPUs such as 0-3,8'),
      ])
      .optional()
      .describe('How many, numbered on from the node before; or which, such as 0-3,8'),
    ram: z
      .union([size, z.array(range)])
      .optional()
      .describe('Ordinary memory present at boot: a size, placed after the node before, or ranges'),
    hotplug: z
      .array(range)
      .optional()
      .describe(
        'Addresses at which memory may be added to this node, or taken away (RAM there is Movable with movable_node)',
      ),
    distances: z.array(z.number().int().min(10).max(255)).optional().describe('To every node; 10 to itself'),
    initiator: node.optional().describe('The node whose CPUs this memory is attached to (HMAT)'),
  })
  .describe('One proximity domain');

const locality = z.strictObject({
  initiator: node,
  target: node,
  latency: nanoseconds.optional(),
  read_latency: nanoseconds.optional(),
  write_latency: nanoseconds.optional(),
  bandwidth: bandwidth.optional(),
  read_bandwidth: bandwidth.optional(),
  write_bandwidth: bandwidth.optional(),
});

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const nvdimmFeatures = z.strictObject({
  address_range_scrub: z.boolean().optional().describe('The platform scrubs, and clears errors on command'),
  security: z
    .strictObject({
      state: z.enum(['disabled', 'unlocked', 'locked', 'overwrite']),
      frozen: z.boolean().optional(),
      keys: z.array(z.number()).optional().describe('Key ring ids with the right passphrase'),
    })
    .optional()
    .describe('All DIMMs have a passphrase'),
  poison_policy: z
    .strictObject({ rep_mov_recoverable: z.boolean() })
    .optional()
    .describe('An extension that no kernel has: kmem refuses persistent memory with uncleared errors'),
});

/** A machine as a person writes it: YAML or JSON. */
export const machineSchema = z.strictObject({
  name: z.string().optional(),
  kernel: z
    .union([
      z
        .string()
        .regex(/^\d+\.\d+(\.\d+)*$/, 'expected a version such as 6.12 or 6.12.117, and nothing behind it'),
      z.number(),
    ])
    .optional()
    .describe(
      'Kernel release; its series, or else the newest before it, picks the behaviour: 5.4, 5.10, 6.1, 6.6, 6.12',
    ),
  cmdline: z.string().optional().describe('Kernel command line'),
  parameters: z
    .record(z.string(), scalar)
    .optional()
    .describe('More of the command line, one by one: memhp_default_state, dax_hmem.region_idle, ...'),
  auto_online: z
    .enum(['offline', 'online', 'online_kernel', 'online_movable'])
    .optional()
    .describe('What becomes of hot-added memory blocks (memhp_default_state)'),
  block_size: size.optional().describe('Memory block size; left out, by the rule of the kernel'),
  bare_metal: z
    .boolean()
    .optional()
    .describe('Not a virtual machine: large machines have 2 GiB memory blocks'),
  physical_address_bits: z.number().int().min(36).max(52).optional(),
  nodes: z
    .array(nodeSchema)
    .min(1)
    .describe('The kernel numbers those with CPUs first, then those with memory; it knows no others'),
  soft_reserved: z
    .array(z.strictObject({ start: address.optional(), size, node: node.optional() }))
    .optional()
    .describe('Specific purpose memory and the node it would be; without a node no table names one'),
  pmem: z
    .array(z.strictObject({ start: address.optional(), size, node, labels: size.optional() }))
    .optional()
    .describe('NVDIMMs, each a region of its own, in the NFIT; labels: size of the label area'),
  legacy_pmem: z
    .array(z.strictObject({ start: address.optional(), size, node: node.optional() }))
    .optional()
    .describe('Persistent memory that only the memory map tells of (type 12)'),
  cxl_windows: z.array(z.strictObject({ start: address.optional(), size, ways: ways.optional() })).optional(),
  hmat: z.array(locality).optional().describe('Latencies and bandwidths from initiator to target node'),
  modules: z
    .array(z.union([z.string(), z.looseObject({ name: z.string() }).catchall(scalar)]))
    .optional()
    .describe(
      'Modules loaded at boot, in order; an object adds parameters. Left out: what the hardware needs',
    ),
  before: z
    .array(z.string())
    .optional()
    .describe('Commands run after that: modprobe, rmmod, echo X > /sys/...'),
  dev_nodes: z.enum(['node', 'file']).optional().describe('/dev/daxX.Y as device nodes or as files to map'),
  poison: z.array(range).optional().describe('Ranges with uncorrectable errors'),
  class_model: z
    .enum(['bus', 'compat'])
    .optional()
    .describe('compat: /sys/class/dax, on kernels that had it'),
  nvdimm: nvdimmFeatures.optional().describe('What persistent memory can do beyond the ordinary'),
});

export type MachineSpec = z.infer<typeof machineSchema>;

/** The schema of a machine file for editors. */
export function machineJsonSchema(): unknown {
  return z.toJSONSchema(machineSchema);
}
