import { useEffect, useState } from 'preact/hooks';
import { useDesk } from './api/context.ts';
import { NodesView } from './nodes/nodes-view.tsx';
import { NowView } from './now/now-view.tsx';
import { useRoute } from './parts/route.ts';
import { RecordingsView } from './recordings/recordings-view.tsx';
import { TrendsView } from './trends/trends-view.tsx';

const views = [
  { name: 'now', title: 'Now' },
  { name: 'recordings', title: 'Recordings' },
  { name: 'nodes', title: 'Nodes' },
  { name: 'trends', title: 'Trends' },
] as const;

const ViewOf = ({ name, rest }: { readonly name: string; readonly rest: readonly string[] }) => {
  switch (name) {
    case 'recordings':
      return <RecordingsView chosen={rest[0]} />;
    case 'nodes':
      return <NodesView />;
    case 'trends':
      return <TrendsView />;
    default:
      return <NowView />;
  }
};

const Connection = () => {
  const { live } = useDesk();
  const [connected, setConnected] = useState(live.connected());
  useEffect(() => live.onChange(() => setConnected(live.connected())), [live]);
  return (
    <span class={`connection ${connected ? 'on' : 'off'}`} role="status">
      {connected ? 'live' : 'connecting'}
    </span>
  );
};

/** What is around every view. */
export const Frame = () => {
  const { me, signOut } = useDesk();
  const [given = 'now', ...rest] = useRoute();
  const at = views.find(({ name }) => name === given) ?? views[0];
  useEffect(() => {
    document.title = `${at.title} · sipreel`;
  }, [at]);
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        To the content
      </button>
      <header class="top">
        <span class="brand">sipreel</span>
        <nav aria-label="Views">
          {views.map(({ name, title }) => (
            <a key={name} href={`#/${name}`} aria-current={name === at.name ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <Connection />
        {me.by === 'key' && (
          <button type="button" class="plain" onClick={signOut} title={`Signed in with the key ${me.name ?? ''}`}>
            Sign out
          </button>
        )}
      </header>
      <main id="main" tabIndex={-1}>
        <ViewOf name={at.name} rest={rest} />
      </main>
    </>
  );
};
