// tsc copies no files but its own; the Lua steps belong beside the code that runs them.
import { chmodSync, cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';

const [target = 'dist'] = process.argv.slice(2);
cpSync('src', target, {
  recursive: true,
  filter: (path) => !path.endsWith('.ts') && path !== join('src', 'dashboard'),
});
if (existsSync(`${target}/main.js`)) chmodSync(`${target}/main.js`, 0o755);
