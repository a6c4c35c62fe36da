/** One server-sent event (WHATWG HTML §9.2). */
export interface ServerSent {
  readonly id?: string;
  readonly event: string;
  readonly data: string;
}

const eventOf = (block: string): ServerSent | undefined => {
  const fields = new Map(
    block.split('\n').map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
    }),
  );
  const event = fields.get('event');
  const id = fields.get('id');
  return event === undefined ? undefined : { event, data: fields.get('data') ?? '', ...(id ? { id } : {}) };
};

/** Takes the text of a stream as it comes and gives its events; what has no name is no event for us. */
export const createEventReader = (): ((text: string) => readonly ServerSent[]) => {
  let rest = '';
  return (text) => {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    return blocks.map(eventOf).filter((event) => event !== undefined);
  };
};
