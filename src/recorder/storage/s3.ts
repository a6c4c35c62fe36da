import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { HeadObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { SipreelError } from '../../errors/error.ts';
import { attempt } from './attempt.ts';
import { digestFile, type FileDigests } from './digests.ts';
import { nameOfKey, noteOf, type StorageName } from './names.ts';
import { createStaging } from './staging.ts';
import type { Storage, StoredFile } from './storage.ts';

/** A bucket of an S3-compatible service. */
export interface S3StorageOptions {
  readonly bucket: string;
  /** In front of each key, such as `recordings/`. Default: none. */
  readonly prefix?: string;
  /** Default: us-east-1, which most services that are not Amazon's take. */
  readonly region?: string;
  /** URL of the service. Default: Amazon's for the region. */
  readonly endpoint?: string;
  /** True puts the bucket into the path and not into the host name. Default: true where there is an endpoint. */
  readonly pathStyle?: boolean;
  /** Default: what the environment, the shared files or the machine's role give. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Server-side encryption: S3's own keys, or those of a key service. Default: as the bucket is set up. */
  readonly encryption?: { readonly kind: 'AES256' | 'aws:kms'; readonly keyId?: string };
  /** The local folder in which files are written before they are sent. */
  readonly stagingRoot: string;
  /** Bytes of a part of an upload; larger files are sent in several. Default: 8 MiB; S3 wants 5 MiB at least. */
  readonly partSize?: number;
  /** Milliseconds without progress of a request. Default: 15,000. */
  readonly timeoutMs?: number;
}

const shaKey = 'sipreel-sha256';

const isMissing = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'NotFound' || error.name === 'NoSuchKey');

/**
 * Storage in a bucket. A file counts as stored when the service has it with the size and the checksum of what was sent;
 * until then it lies finished in the staging folder, so that a service that is away costs no second encoding.
 */
export const createS3Storage = (options: S3StorageOptions): Storage & { close(): Promise<void> } => {
  const { bucket, prefix = '', partSize = 8 << 20, timeoutMs = 15_000, encryption } = options;
  const staging = createStaging(options.stagingRoot);
  const base = `s3://${bucket}/`;
  const keyOf = (name: StorageName): string => `${prefix}${name.key}`;
  const locate = (name: StorageName): string => base + keyOf(name);
  const keyAt = (location: string): string => {
    if (location.startsWith(base)) return location.slice(base.length);
    throw new SipreelError('storage_failed', `${location} is not in ${base}`, { details: { file: location } });
  };

  /** Undefined below another prefix, which an older configuration may have had. */
  const nameOf = (location: string): StorageName | undefined =>
    location.startsWith(base + prefix) ? nameOfKey(location.slice((base + prefix).length)) : undefined;

  // The library takes 100 ms and 30 MB to load: only where a bucket is used.
  const sdk = async () => {
    const [library, { Upload }] = await Promise.all([import('@aws-sdk/client-s3'), import('@aws-sdk/lib-storage')]);
    const client: S3Client = new library.S3Client({
      region: options.region ?? 'us-east-1',
      ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
      forcePathStyle: options.pathStyle ?? options.endpoint !== undefined,
      ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
      maxAttempts: 3,
      // The checksum that we ask for goes with each part; services that are not Amazon's don't know the default one.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: Math.min(5_000, timeoutMs),
        requestTimeout: timeoutMs,
        throwOnRequestTimeout: true,
      },
    });
    return { ...library, Upload, client };
  };
  let loaded: ReturnType<typeof sdk> | undefined;
  const s3 = (): ReturnType<typeof sdk> => {
    loaded ??= sdk();
    return loaded;
  };

  const encrypted =
    encryption === undefined
      ? {}
      : {
          ServerSideEncryption: encryption.kind,
          ...(encryption.keyId === undefined ? {} : { SSEKMSKeyId: encryption.keyId }),
        };

  const head = async (key: string): Promise<HeadObjectCommandOutput | undefined> => {
    const { client, HeadObjectCommand } = await s3();
    try {
      return await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };

  /** Throws if what the service has is not what was sent. */
  const check = (sent: FileDigests, there: HeadObjectCommandOutput | undefined): void => {
    const etag = there?.ETag?.replaceAll('"', '');
    // Encrypted with a key service, an ETag is no checksum: then the parts' own, which the service has compared, have to do.
    const comparable = encryption?.kind !== 'aws:kms' && there?.ServerSideEncryption !== 'aws:kms';
    const wrong =
      there?.ContentLength !== sent.size
        ? `it has ${there?.ContentLength ?? 'no'} bytes where ${sent.size} were sent`
        : comparable && !sent.etags.includes(etag ?? '')
          ? `its ETag is ${etag} where ${sent.etags.join(' or ')} was sent`
          : undefined;
    if (wrong !== undefined) throw new Error(`what is in the bucket is not what was sent: ${wrong}`);
  };

  const upload = async (file: string, name: StorageName): Promise<StoredFile> => {
    const { client, Upload } = await s3();
    const key = keyOf(name);
    const digests = await digestFile(file, partSize);
    const source = createReadStream(file, { highWaterMark: 1 << 20 });
    try {
      await new Upload({
        client,
        partSize,
        queueSize: 2,
        params: {
          Bucket: bucket,
          Key: key,
          Body: source,
          ChecksumAlgorithm: 'SHA256',
          ContentType: contentTypes[name.key.slice(name.key.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
          Metadata: { [shaKey]: digests.sha256 },
          ...encrypted,
        },
      }).done();
    } finally {
      source.destroy();
    }
    check(digests, await head(key));
    return { file: base + key, size: digests.size, sha256: digests.sha256 };
  };

  /** What the service has under this name and put has compared. */
  const there = async (name: StorageName): Promise<StoredFile | undefined> => {
    const object = await head(keyOf(name));
    const sha256 = object?.Metadata?.[shaKey];
    if (sha256 === undefined || object?.ContentLength === undefined) return undefined;
    return { file: locate(name), size: object.ContentLength, sha256 };
  };

  /** Sends what lies finished in the staging folder. */
  const send = async (name: StorageName): Promise<StoredFile> => {
    const stored = await upload(staging.path(name), name);
    await staging.clear(name);
    return stored;
  };

  return {
    locate,
    scratch: (name) => attempt('written', staging.path(name), () => staging.scratch(name)),
    put: (scratchFile, name) =>
      attempt('written', locate(name), async () => {
        await staging.finish(scratchFile, name);
        return send(name);
      }),
    abandon: (name) => attempt('removed', staging.path(name), () => staging.clear(name)),
    discard: (scratchFile) => attempt('removed', scratchFile, () => staging.discard(scratchFile)),
    find: (name) =>
      attempt('looked at', locate(name), async () => ((await staging.has(name)) ? send(name) : there(name))),
    holds: (location) => location.startsWith(base),
    nameOf,
    read: (location, range = {}) =>
      attempt('read', location, async () => {
        const { client, GetObjectCommand } = await s3();
        const { start = 0, end } = range;
        const Range = range.start === undefined && end === undefined ? undefined : `bytes=${start}-${end ?? ''}`;
        const { Body } = await client.send(
          new GetObjectCommand({ Bucket: bucket, Key: keyAt(location), ...(Range === undefined ? {} : { Range }) }),
        );
        if (!(Body instanceof Readable)) throw new Error('the service answered without a body');
        return Body;
      }),
    note: (location, text) =>
      attempt('written', noteOf(location), async () => {
        const { client, PutObjectCommand } = await s3();
        const Key = noteOf(keyAt(location));
        await client.send(
          new PutObjectCommand({ Bucket: bucket, Key, Body: text, ContentType: 'application/json', ...encrypted }),
        );
      }),
    remove: (location) =>
      attempt('removed', location, async () => {
        const { client, DeleteObjectCommand } = await s3();
        const key = keyAt(location);
        const name = nameOf(location);
        // What waits to be sent would come back.
        if (name !== undefined) await staging.clear(name);
        const was = await head(key);
        await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
        await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: noteOf(key) }));
        return was !== undefined;
      }),
    async close() {
      if (loaded !== undefined) (await loaded).client.destroy();
    },
  };
};

const contentTypes: Readonly<Record<string, string>> = { wav: 'audio/wav', mp3: 'audio/mpeg', mp4: 'audio/mp4' };
