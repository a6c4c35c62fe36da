/** What closes what: parts are closed in the reverse order of their making. */
export const createClosers = () => {
  const closers: (() => unknown)[] = [];
  let closing: Promise<void> | undefined;
  return {
    add: <T>(part: T, close: (part: T) => unknown): T => {
      closers.push(() => close(part));
      return part;
    },
    close: (): Promise<void> => {
      closing ??= (async () => {
        for (const close of closers.reverse()) await close();
      })();
      return closing;
    },
  };
};

/** Who has to be told of each part that is made. */
export type Closers = ReturnType<typeof createClosers>;
