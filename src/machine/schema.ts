import { z } from 'zod';
import { recordedSeries } from '../kernel/releases/standing.ts';
import { E820_MAX_ENTRIES, MAX_NUMNODES } from './limits.ts';

const SIZE = /^\s*(0[xX][0-9a-fA-F_]+|[0-9][0-9_]*)\s*([kmgtpeKMGTPE](i?B)?|B)?\s*$/;

export const size = z
  .union([
    z.number().int().nonnegative(),
    z.string().regex(SIZE, 'expected a size such as 64GiB, 900M or 0x180000000'),
  ])
  .meta({
    description: 'Bytes: a number, or text such as 64GiB, 900M, 0x180000000',
    examples: ['64GiB', '900MiB', 4096],
  });
const place = size.meta({ description: 'A physical address', examples: [0x180000000, '4GiB'] });
const address = place.meta({
  description: 'A physical address; left out, the next free gibibyte after everything else',
  examples: [0x280000000],
});
const node = z
  .number()
  .int()
  .min(0)
  .max(MAX_NUMNODES - 1)
  .meta({ description: 'An index of `nodes`', examples: [1] });
const nanoseconds = z
  .number()
  .int()
  .min(1)
  .max(65535)
  .meta({ description: 'Nanoseconds', examples: [110] });
const bandwidth = size.meta({
  description: 'Per second: MB as a number, or text such as 50GiB',
  examples: [256_000, '50GiB'],
});

/** eiw_to_ways */
const ways = z
  .literal([1, 2, 3, 4, 6, 8, 12, 16])
  .describe('Host bridges that it interleaves over: 1, 2, 3, 4, 6, 8, 12 or 16');

const range = z.strictObject({ start: place, size });

const nodeSchema = z
  .strictObject({
    cpus: z
      .union([
        z.number().int().nonnegative(),
        z.string().regex(/^\d+(-\d+)?(,\d+(-\d+)?)*$/, 'expected CPUs such as 0-3,8'),
      ])
      .optional()
      .meta({
        description: 'How many, numbered on from the node before; or which, such as 0-3,8',
        examples: [4, '0-3,8'],
      }),
    ram: z
      .union([size, z.array(range).max(E820_MAX_ENTRIES)])
      .optional()
      .meta({
        description: 'Ordinary memory present at boot: a size, placed after the node before, or ranges',
        examples: ['64GiB'],
      }),
    hotplug: z
      .array(range)
      .max(E820_MAX_ENTRIES)
      .optional()
      .describe(
        'Addresses at which memory may be added to this node, or taken away (RAM there is Movable with movable_node)',
      ),
    distances: z
      .array(z.number().int().min(10).max(255))
      .optional()
      .meta({ description: 'To every node; 10 to itself (SLIT)', examples: [[10, 20]] }),
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
      state: z
        .enum(['disabled', 'unlocked', 'locked', 'overwrite'])
        .describe('As the attribute security tells'),
      frozen: z.boolean().optional().describe('The state cannot change before the next reboot'),
      keys: z.array(z.number()).optional().describe('Key ring ids with the right passphrase'),
    })
    .optional()
    .describe('All DIMMs have a passphrase'),
  poison_policy: z
    .strictObject({ rep_mov_recoverable: z.boolean().describe('Consuming poison is survivable') })
    .optional()
    .describe('An extension that no kernel has: kmem refuses persistent memory with uncleared errors'),
});

/** A machine as a person writes it: YAML or JSON. */
export const machineSchema = z.strictObject({
  $schema: z.string().optional().describe('For editors: where the schema of a JSON file is'),
  name: z
    .string()
    .optional()
    .meta({ description: 'What the machine is called; left out, as the file', examples: ['lab'] }),
  kernel: z
    .union([
      z
        .string()
        .regex(
          /^(\d+\.\d+(\.\d+)*|host)$/,
          'expected a version such as 6.12 or 6.12.117, and nothing behind it',
        ),
      z.number(),
    ])
    .optional()
    .meta({
      description: `Kernel release, which picks the behaviour; recorded are ${recordedSeries.join(', ')}; host: the release of the running kernel`,
      examples: [...recordedSeries],
      default: '6.12',
    }),
  cmdline: z
    .string()
    .optional()
    .meta({ description: 'Kernel command line', examples: ['ro quiet movable_node'] }),
  parameters: z
    .record(z.string(), scalar)
    .optional()
    .meta({
      description: 'More of the command line, one by one: memhp_default_state, dax_hmem.region_idle, ...',
      examples: [{ movable_node: true, 'dax_hmem.region_idle': 1 }],
    }),
  auto_online: z
    .enum(['offline', 'online', 'online_kernel', 'online_movable'])
    .optional()
    .describe('What becomes of hot-added memory blocks (memhp_default_state)'),
  block_size: size.optional().meta({
    description: 'Memory block size, a power of two from 128MiB to 2GiB; left out, by the rule of the kernel',
    examples: ['128MiB', '2GiB'],
  }),
  bare_metal: z
    .boolean()
    .optional()
    .describe('Not a virtual machine: large machines have 2 GiB memory blocks'),
  physical_address_bits: z
    .number()
    .int()
    .min(36)
    .max(52)
    .optional()
    .meta({ description: 'Of the processor: bounds what can be hot-added', examples: [46, 52] }),
  nodes: z
    .array(nodeSchema)
    .min(1)
    .max(MAX_NUMNODES)
    .meta({
      description: 'The kernel numbers those with CPUs first, then those with memory; it knows no others',
      examples: [[{ cpus: 4, ram: '8GiB', distances: [10, 14] }, { distances: [14, 10] }]],
    }),
  soft_reserved: z
    .array(z.strictObject({ start: address.optional(), size, node: node.optional() }))
    .max(E820_MAX_ENTRIES)
    .optional()
    .meta({
      description: 'Specific purpose memory and the node it would be; without a node no table names one',
      examples: [[{ size: '4GiB', node: 1 }]],
    }),
  pmem: z
    .array(
      z.strictObject({
        start: address.optional(),
        size,
        node,
        labels: size.optional().describe('Size of the label area; left out, the DIMM has none'),
        labels_initialized: z
          .boolean()
          .optional()
          .meta({ description: 'As after ndctl init-labels: namespaces can be made', default: false }),
      }),
    )
    .max(E820_MAX_ENTRIES)
    .optional()
    .meta({
      description: 'NVDIMMs, each a region of its own, in the NFIT',
      examples: [[{ size: '4GiB', node: 1, labels: '128KiB', labels_initialized: true }]],
    }),
  legacy_pmem: z
    .array(z.strictObject({ start: address.optional(), size, node: node.optional() }))
    .max(E820_MAX_ENTRIES)
    .optional()
    .describe('Persistent memory that only the memory map tells of (type 12)'),
  cxl_windows: z
    .array(z.strictObject({ start: address.optional(), size, ways: ways.optional() }))
    .max(E820_MAX_ENTRIES)
    .optional()
    .meta({
      description: 'CXL Fixed Memory Windows (CFMWS): room for regions that are yet to be made',
      examples: [[{ size: '128GiB', ways: 2 }]],
    }),
  hmat: z
    .array(locality)
    .optional()
    .meta({
      description: 'Latencies and bandwidths from initiator to target node',
      examples: [[{ initiator: 0, target: 1, latency: 125, bandwidth: '50GiB' }]],
    }),
  modules: z
    .array(
      z.union([
        z.string(),
        z
          .looseObject({ name: z.string().describe('Of the module; all else is a parameter') })
          .catchall(scalar),
      ]),
    )
    .optional()
    .meta({
      description:
        'Modules loaded at boot, in order; an object adds parameters. Left out: what the hardware needs',
      examples: [['device_dax', { name: 'dax_hmem', region_idle: 1 }, 'kmem']],
    }),
  before: z
    .array(z.string())
    .optional()
    .meta({
      description: 'Commands run after that: modprobe, rmmod, echo X > /sys/..., also in a for loop',
      examples: [['echo offline > /sys/devices/system/memory/auto_online_blocks']],
    }),
  dev_nodes: z.enum(['node', 'file']).optional().meta({
    description: '/dev/daxX.Y as device nodes, or as files that programs can map',
    default: 'node',
  }),
  poison: z
    .array(range)
    .max(E820_MAX_ENTRIES)
    .optional()
    .meta({
      description: 'Ranges with uncorrectable errors',
      examples: [[{ start: 0x180000000, size: 4096 }]],
    }),
  class_model: z.enum(['bus', 'compat']).optional().meta({
    description: 'compat: /sys/class/dax, on kernels before 5.17; left out, the kernel is 5.10 then',
    default: 'bus',
  }),
  nvdimm: nvdimmFeatures.optional().describe('What persistent memory can do beyond the ordinary'),
});

export type MachineSpec = z.infer<typeof machineSchema>;

/** The schema of a machine file for editors. */
export function machineJsonSchema(): unknown {
  return { title: 'daxsim machine', ...z.toJSONSchema(machineSchema) };
}
