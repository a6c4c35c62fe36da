import { useEffect, useRef, useState } from 'preact/hooks';

/** `live` is heard from now on; MP3 is what every browser plays as it comes. */
const liveUrl = (url: string): string => `${url}${url.includes('?') ? '&' : '?'}live&from=now&format=mp3`;

/** A recording in progress as it sounds now. */
export const LiveSound = (props: { readonly url: string; readonly name: string; readonly onEnded: () => void }) => {
  // A URL is signed anew each time that the record is looked at: the sound goes on with the first.
  const [source] = useState(() => liveUrl(props.url));
  const audio = useRef<HTMLAudioElement>(null);
  // Autoplay would wait until all of it could be played through, which of a call nobody can tell.
  useEffect(() => {
    audio.current?.play().catch(() => undefined); // Its own controls show that it does not play.
  }, []);
  return (
    // biome-ignore lint/a11y/useMediaCaption: a call that goes on has no captions.
    <audio ref={audio} controls src={source} aria-label={`${props.name}, live`} onEnded={props.onEnded} />
  );
};
