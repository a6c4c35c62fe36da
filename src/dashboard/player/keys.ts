/** What a key does in the player. */
export type KeyAct =
  | { readonly do: 'toggle' }
  | { readonly do: 'move'; readonly seconds: number }
  | { readonly do: 'go'; readonly share: number }
  | { readonly do: 'speed'; readonly steps: number };

const acts: Readonly<Record<string, KeyAct>> = {
  ' ': { do: 'toggle' },
  k: { do: 'toggle' },
  ArrowLeft: { do: 'move', seconds: -5 },
  ArrowRight: { do: 'move', seconds: 5 },
  j: { do: 'move', seconds: -15 },
  l: { do: 'move', seconds: 15 },
  Home: { do: 'go', share: 0 },
  End: { do: 'go', share: 1 },
  '<': { do: 'speed', steps: -1 },
  '>': { do: 'speed', steps: 1 },
};

/** Undefined for keys that mean something else: on a button, in a list of speeds, or with Ctrl. */
export const keyAct = (event: {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
  readonly target: EventTarget | null;
}): KeyAct | undefined => {
  if (event.ctrlKey || event.altKey || event.metaKey) return undefined;
  const tag = (event.target as { readonly tagName?: string } | null)?.tagName;
  if (tag === 'SELECT' || (tag === 'BUTTON' && event.key === ' ')) return undefined;
  return acts[event.key];
};
