import { fileURLToPath } from 'node:url';
import { defineConfig } from 'rolldown';

/** What starts as a program or is loaded by a thread: these find each other by name, as neighbours. */
const ENTRIES = [
  'src/cli/main.ts',
  'src/api/index.ts',
  'src/cli/daemon.ts',
  'src/api/rack-source.ts',
  'src/cli/run-source.ts',
  'src/replay/mounted/served-engine.ts',
  'src/replay/mounted/host-child.ts',
  'mount/devfuse/worker.ts',
  'mount/devfuse/notifier.ts',
];

/** The program in few files: Node takes longest at start to find and link modules, and there are hundreds. */
export default defineConfig({
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  input: ENTRIES,
  platform: 'node',
  external: ['fuse-native', 'koffi', 'pino', 'pino-pretty'],
  output: {
    // As deep as the modules are in the sources' shape of dist/: from both it is three directories up to the package.
    dir: 'dist/bundle/daxsim',
    chunkFileNames: '[name].js',
    // Modules that name themselves (import.meta.url) are asked for their exports.
    minifyInternalExports: false,
  },
});
