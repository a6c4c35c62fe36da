#!/usr/bin/env node
import { parseArguments } from './cli/arguments.ts';
import { helpFor } from './cli/help.ts';
import { asSipreelError } from './errors/error.ts';
import { version } from './version.ts';

/** Exit codes: 0 done, 1 failed, 2 the command line or the configuration is wrong. */
const exitCodeOf = (code: string): number =>
  [
    'usage_invalid',
    'config_invalid',
    'config_unreadable',
    'http_unprotected',
    'tls_unreadable',
    'key_invalid',
  ].includes(code)
    ? 2
    : 1;

const run = async (): Promise<number> => {
  const given = parseArguments(process.argv.slice(2));
  switch (given.command) {
    // Each command loads what it needs: help and a wrong command line wait for nothing.
    case 'serve': {
      const { serve } = await import('./cli/serve.ts');
      return serve(given);
    }
    case 'demo': {
      const { demo } = await import('./demo/demo.ts');
      return demo(given);
    }
    case 'key': {
      const { key } = await import('./cli/key.ts');
      return key(given);
    }
    case 'lint': {
      const { lint } = await import('./cli/lint.ts');
      return lint(given);
    }
    case 'doctor': {
      const { doctor } = await import('./cli/doctor.ts');
      return doctor(given);
    }
    case 'encode': {
      const { encode } = await import('./cli/encode.ts');
      return encode(given);
    }
    case 'inspect': {
      const { inspect } = await import('./cli/inspect.ts');
      return inspect(given);
    }
    case 'help':
      process.stdout.write(helpFor(given.topic));
      return 0;
    case 'version':
      process.stdout.write(`${version()}\n`);
      return 0;
  }
};

try {
  process.exitCode = await run();
} catch (thrown) {
  const error = asSipreelError(thrown);
  process.stderr.write(`sipreel: ${error.message}\n${error.kind.remedy}\n`);
  if (error.code === 'internal_error') process.stderr.write(`${error.stack ?? ''}\n`);
  process.exitCode = exitCodeOf(error.code);
}
