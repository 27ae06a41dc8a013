/** Programs whose words and columns are those of their version, as the recordings have them: Debian 12's. */
interface RecordedProgram {
  readonly names: readonly string[];
  /** What its `--version` prints. */
  readonly version: RegExp;
  /** Other versions have other statuses: for a device that is not there, or for what some of several blocks refuse. */
  readonly otherStatuses?: true;
}

const recordedPrograms: readonly RecordedProgram[] = [
  { names: ['daxctl', 'ndctl', 'cxl'], version: /^76\.1$/m, otherStatuses: true },
  { names: ['lsmem', 'chmem', 'lscpu'], version: / 2\.38\./ },
  { names: ['udevadm'], version: /^252\b/ },
  // It knows no --version yet.
  { names: ['numactl', 'numastat'], version: /^$/ },
];

/** A program of another version than the recorded one. */
export interface OtherVersion {
  /** `daxctl 81` */
  readonly program: string;
  readonly otherStatuses: boolean;
}

/** Whether recordings hold what a program of this name printed in one version. */
export function isRecordedProgram(name: string): boolean {
  return recordedPrograms.some(({ names }) => names.includes(name));
}

/** @param printed what `name --version` prints here */
export function otherVersion(name: string, printed: string): OtherVersion | undefined {
  const recorded = recordedPrograms.find(({ names }) => names.includes(name));
  if (!recorded || recorded.version.test(printed)) return undefined;
  const version = /\d+(\.\d+)*/.exec(printed)?.[0] ?? 'of another version';
  return { program: `${name} ${version}`, otherStatuses: recorded.otherStatuses ?? false };
}
