import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Block, placeOf } from '../../kit/documents.ts';

/** What the programs of the docs take as given: the reader's own application has it. */
const given = `import type { Bridge, BridgeRequest, RecordBridge, Recorder, recordBridges } from 'sipreel';

interface Request extends BridgeRequest {
  readonly record: RecordBridge;
}
declare global {
  const callId: string;
  const partyTag: string;
  const peerTag: string;
  const status_url: string;
  const recorder: Recorder;
  const uri: string;
  const localSdpA: string;
  const localSdpB: string;
  const srf: {
    use(method: 'invite', middleware: ReturnType<typeof recordBridges>): void;
    invite(handler: (req: Request, res: object) => Promise<void>): void;
    createB2BUA(req: Request, res: object, uri: string, options: { localSdpA: string; localSdpB: string }): Promise<Bridge>;
  };
}
`;

/** Packages that pages tell to install and that are not here: what they export is not checked. */
const elsewhere = `declare module '@opentelemetry/sdk-node';\n`;

/**
 * What TypeScript has against these programs, as users of the package have its types; empty if nothing. Each line names the
 * program by its page.
 */
export const programProblems = async (blocks: readonly Block[]): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'sipreel-programs-'));
  const options = {
    ...{ allowJs: true, checkJs: true, noEmit: true, skipLibCheck: true, strict: true, noImplicitAny: false },
    ...{ target: 'es2022', module: 'nodenext', types: ['node'], typeRoots: [resolve('node_modules/@types')] },
    paths: { sipreel: [resolve('dist/recorder/index.d.ts')] },
  };
  try {
    await mkdir(join(folder, 'src'));
    await Promise.all([
      writeFile(join(folder, 'package.json'), '{ "type": "module" }'),
      writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['src'] })),
      writeFile(join(folder, 'src/given.d.ts'), given),
      writeFile(join(folder, 'src/elsewhere.d.ts'), elsewhere),
      ...blocks.map((block) =>
        writeFile(join(folder, 'src', `${placeOf(block).replaceAll(/[/:]/g, '_')}.js`), `export {};\n${block.text}`),
      ),
    ]);
    const tsc = resolve('node_modules/typescript/bin/tsc');
    await promisify(execFile)(process.execPath, [tsc, '-p', folder], { cwd: folder });
    return '';
  } catch (error) {
    const { stdout } = error as { readonly stdout?: string };
    return stdout === undefined || stdout === '' ? String(error) : stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
