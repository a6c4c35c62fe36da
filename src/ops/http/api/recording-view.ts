import type { z } from 'zod';
import { isTerminal, type RecordingRecord } from '../../../recorder/recording/record.ts';
import type { Registry } from '../../../recorder/registry/registry.ts';
import { type Caller, mayDo } from '../../access/caller.ts';
import type { recordingSchema } from './schemas.ts';

export type RecordingView = z.output<typeof recordingSchema>;

/** What createRecordingViews needs. */
export interface RecordingViewParts {
  readonly registry: Pick<Registry, 'nodes'>;
  /** A URL of the recording that anybody may use for a while. */
  readonly signedUrl: (record: RecordingRecord) => string;
}

/** Makes of records what the API gives: with URLs that the caller may use, without paths and what callers hid in status_url. */
export interface RecordingViews {
  of(records: readonly RecordingRecord[], caller: Caller): Promise<RecordingView[]>;
  one(record: RecordingRecord, caller: Caller): Promise<RecordingView>;
}

const withoutQuery = (url: string): string => url.replace(/[?#].*$/, '');

export const createRecordingViews = ({ registry, signedUrl }: RecordingViewParts): RecordingViews => {
  const deadNodes = async (records: readonly RecordingRecord[]): Promise<ReadonlySet<string>> => {
    const owners = new Set(records.filter(({ state }) => !isTerminal(state)).map(({ node_id }) => node_id));
    if (owners.size === 0) return owners;
    for (const { node_id, alive } of await registry.nodes()) if (alive) owners.delete(node_id);
    return owners;
  };

  const of: RecordingViews['of'] = async (records, caller) => {
    const dead = await deadNodes(records);
    return records.map((record) => {
      const { status_url: _, file: __, ...shown } = record;
      const waits = !isTerminal(record.state) && dead.has(record.node_id);
      return {
        ...shown,
        url: mayDo(caller, 'audio') ? signedUrl(record) : withoutQuery(record.url),
        ...(waits ? { waiting_for_node: record.node_id } : {}),
      };
    });
  };

  return {
    of,
    async one(record, caller) {
      const [view] = await of([record], caller);
      return view as RecordingView;
    },
  };
};
