// tsc copies no files but its own; the Lua steps belong beside the code that runs them.
import { chmodSync, cpSync, existsSync } from 'node:fs';

cpSync('src', 'dist', {
  recursive: true,
  filter: (path) => !path.endsWith('.ts'),
});
if (existsSync('dist/main.js')) chmodSync('dist/main.js', 0o755);
