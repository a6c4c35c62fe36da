import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../kit/cli.ts';

let dir: string;
const bad = `sections:
  main:
    # a comment
    - record_call: { format: ogg }
    - hangup
    - answer
`;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sipreel-lint-'));
  await writeFile(join(dir, 'bad.yaml'), bad);
  await writeFile(join(dir, 'short.yaml'), 'sections: {main: [answer]}\n');
  await writeFile(join(dir, 'broken.yaml'), 'sections:\n  main: [\n');
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const lintText = async (text: string, args: readonly string[]) => {
  const child = spawn(process.execPath, ['dist/main.js', 'lint', ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    said += part;
  });
  child.stdin.end(text);
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
};

describe('sipreel lint', () => {
  test('finds nothing wrong with the shipped scripts, not even strictly', async () => {
    const files = readdirSync('config/scripts').map((name) => join('config/scripts', name));
    const { code, stdout, stderr } = await runCli(['lint', '--strict', ...files]);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: `${files.length} scripts: no errors, no warnings\n`,
      stderr: '',
    });
  });

  test('prints findings as compilers do, and ends with 1 if one is an error', async () => {
    const file = join(dir, 'bad.yaml');
    const { code, stdout } = await runCli(['lint', file]);
    expect(stdout.split('\n')).toEqual([
      `${file}:4:22: error: sections.main[0].record_call.format: "ogg" is not allowed: it must be wav, mp3 or mp4 [relay_script_method_parameter_invalid_value]`,
      '4 |     - record_call: { format: ogg }',
      '  |                      ^',
      '    Give the parameter a value that the message allows.',
      `${file}:6:7: warning: sections.main[2].answer: this never runs: hangup before it does not come back [unreachable_step]`,
      '6 |     - answer',
      '  |       ^',
      '    Delete the step, or put a label before it that a goto names.',
      '1 script: 1 error, 1 warning',
      '',
    ]);
    expect(code).toBe(1);
  });

  test('looks at every file, also after one that is not there or is no YAML', async () => {
    const files = ['none.yaml', 'broken.yaml', 'bad.yaml'].map((name) => join(dir, name));
    const { code, stdout } = await runCli(['lint', '--json', ...files]);
    const told = JSON.parse(stdout) as { findings: { script: string; code: string; line: number }[] };
    expect(told).toMatchObject({ scripts: 3, errors: 3, warnings: 1 });
    expect(told.findings.map((one) => `${one.script}:${one.line} ${one.code}`)).toEqual([
      `${files[0]}:1 script_unreadable`,
      `${files[1]}:3 relay_script_parse_error`,
      `${files[2]}:4 relay_script_method_parameter_invalid_value`,
      `${files[2]}:6 unreachable_step`,
    ]);
    expect(code).toBe(1);
  });

  test('reads standard input, and refuses short forms only if it is to be strict', async () => {
    const script = 'sections: {main: [answer]}\n';
    expect(await lintText(script, ['-'])).toEqual({ code: 0, said: '1 script: no errors, no warnings\n' });
    const { code, said } = await lintText(script, ['-', '--strict']);
    expect(said).toMatch(
      /^<stdin>:1:19: error: sections\.main\[0\]: this script is to be strict: .*in SWML it is - answer: \{\}/,
    );
    expect(code).toBe(1);
  });

  test('prints the JSON Schema', async () => {
    const { code, stdout } = await runCli(['lint', '--schema']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema' });
  });

  test.each([
    [[], 'needs the files'],
    [['--sloppy', 'x.yaml'], '--sloppy'],
    [['--schema', 'x.yaml'], 'takes no files'],
    [['-', '-'], 'once'],
  ])('%j ends with 2 and says why', async (args, why) => {
    const { code, stdout, stderr } = await runCli(['lint', ...args]);
    expect(stderr).toContain(why);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});
