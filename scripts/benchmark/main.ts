import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import type { Benchmark } from './benchmark.ts';
import { engine } from './engine.ts';
import type { Section } from './figures.ts';
import { type Options, parseOptions } from './options.ts';
import { rack } from './rack.ts';
import { scale } from './scale.ts';
import { attributeRead, attributeWrite, cachedRead, manyClients } from './side-by-side.ts';
import { start } from './start.ts';
import { formatSection } from './table.ts';
import { Workspace } from './workspace.ts';

const BENCHMARKS: readonly Benchmark[] = [
  attributeRead,
  attributeWrite,
  manyClients,
  cachedRead,
  engine,
  scale,
  start,
  rack,
];

const usage = `usage: scripts/bench [--pin CPUS] [--json FILE] [--quick] [NAME...]

${BENCHMARKS.map(({ name, title }) => `  ${name.padEnd(8)} ${title}`).join('\n')}
`;

async function run({ pin, json, quick, names }: Options): Promise<void> {
  if (pin !== undefined) execFileSync('taskset', ['-a', '-c', '-p', pin, String(process.pid)]);
  const workspace = new Workspace();
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const) {
    process.once(signal, () => void workspace.close().then(() => process.exit(128 + number)));
  }
  const sections: Section[] = [];
  try {
    for (const { name, title, run } of BENCHMARKS) {
      if (names.length > 0 && !names.includes(name)) continue;
      const section = { name, title, ...(await run({ workspace, quick })) };
      sections.push(section);
      console.log(formatSection(section));
    }
  } finally {
    await workspace.close();
  }
  writeFileSync(
    json,
    `${JSON.stringify({ machine: machine(), pin: pin ?? null, quick, sections }, null, 2)}\n`,
  );
  console.log(`written to ${json}`);
}

/** What the numbers depend on. */
function machine(): Record<string, string | number> {
  const all = cpus();
  return { kernel: release(), node: process.version, cpu: all[0]?.model ?? 'unknown', cpus: all.length };
}

const options = parseOptions(process.argv.slice(2));
const unknown = options.names.find(name => !BENCHMARKS.some(benchmark => benchmark.name === name));
if (options.help) console.log(usage);
else if (unknown !== undefined) {
  console.error(`bench: no benchmark ${unknown}\n\n${usage}`);
  process.exitCode = 2;
} else await run(options);
