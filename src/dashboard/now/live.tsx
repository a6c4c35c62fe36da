import { type ComponentChildren, createContext } from 'preact';
import { useContext, useState } from 'preact/hooks';

interface Listening {
  /** The recording that is listened to. */
  readonly to?: string | undefined;
  listen(recordingId: string | undefined): void;
}

const Context = createContext<Listening>({ listen: () => undefined });

/** One recording is listened to at a time: another one ends the first. */
export const Live = ({ children }: { readonly children: ComponentChildren }) => {
  const [to, listen] = useState<string>();
  return <Context.Provider value={{ to, listen }}>{children}</Context.Provider>;
};

export const useListening = (): Listening => useContext(Context);
