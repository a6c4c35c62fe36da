/** What a key may do. read: calls, recordings and events; control: start and stop; audio: hear recordings; admin: all of it. */
export const scopes = ['read', 'control', 'audio', 'admin'] as const;

export type Scope = (typeof scopes)[number];

export const isScope = (text: string): text is Scope => scopes.some((scope) => scope === text);

/** True if one who has these scopes may do what needs that one; admin is all of them. */
export const allows = (held: readonly Scope[], needed: Scope): boolean =>
  held.includes(needed) || held.includes('admin');
