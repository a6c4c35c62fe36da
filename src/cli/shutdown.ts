/** How we were told to go down. */
export type ShutdownHow = 'drain' | 'at_once';

export interface Shutdown {
  /** Resolves at the first SIGTERM (drain) or SIGINT (at once), or when a parent that we have an IPC channel to is gone. */
  readonly asked: Promise<ShutdownHow>;
  /** Resolves when the parent that we have an IPC channel to is gone; never, if there is none. */
  readonly orphaned: Promise<void>;
  /** Resolves at the next signal after that. */
  readonly askedAgain: Promise<void>;
}

/** Listens for the signals that end a server. */
export const createShutdown = (): Shutdown => {
  let first: ((how: ShutdownHow) => void) | undefined;
  let again: () => void = () => undefined;
  const asked = new Promise<ShutdownHow>((resolve) => {
    first = resolve;
  });
  const askedAgain = new Promise<void>((resolve) => {
    again = resolve;
  });
  const ask = (how: ShutdownHow): void => {
    if (first) first(how);
    else again();
    first = undefined;
  };
  process.on('SIGTERM', () => ask('drain'));
  process.on('SIGINT', () => ask('at_once'));
  const orphaned = new Promise<void>((resolve) => {
    // Of a parent that died while this process started, nothing more is heard.
    if (process.connected === false) resolve();
    else process.once('disconnect', resolve);
  });
  void orphaned.then(() => ask('drain'));
  // Listening for its end must not keep a process alive that has nothing else to do.
  process.channel?.unref();
  return { asked, askedAgain, orphaned };
};
