import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** What an SDK leaves for everybody, made by its own copy of the API in that version. */
const program = (sdkApi: string): string => `
  globalThis[Symbol.for('opentelemetry.js.api.1')] = {
    version: '${sdkApi}',
    trace: { getTracer: () => ({ startSpan: () => ({ isRecording: () => true }) }) },
  };
  const { trace } = await import('@opentelemetry/api');
  console.log(trace.getTracer('sipreel').startSpan('call').isRecording());`;

// An API that is newer than the SDK's does nothing, and says nothing: SDKs for Node.js 20 bring 1.9, those for 22 bring 1.10.
test.each(['1.9.0', '1.10.0'])('spans go to an SDK that was made for version %s of the API', async (sdkApi) => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program(sdkApi)]);
  expect(stdout).toBe('true\n');
});
