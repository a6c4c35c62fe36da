import { useEffect, useRef, useState } from 'preact/hooks';
import type { Recording, RecordingMarks, Waveform } from '../api/types.ts';
import { useFetched } from '../api/use-fetched.ts';
import { lengthText, lostShare, shareText } from '../parts/text.ts';
import { Trouble } from '../parts/trouble.tsx';
import { keyAct } from './keys.ts';
import { MarkList } from './mark-list.tsx';
import { MarksOver } from './marks-over.tsx';
import { openWaves } from './waves.ts';

const speeds = [0.75, 1, 1.25, 1.5, 2];

const tracksOf = ({ direction, channels }: Recording): readonly ('speak' | 'listen' | 'mixed')[] => {
  if (direction !== 'both') return [direction];
  return channels === 2 ? ['speak', 'listen'] : ['mixed'];
};

const titles = { speak: 'the party says', listen: 'the party hears', mixed: 'both directions' } as const;

/** A file as it looks and sounds. */
export const Player = ({ recording }: { readonly recording: Recording }) => {
  const { recording_id, url, duration = 0 } = recording;
  const path = `/api/recordings/${recording_id}`;
  const waveform = useFetched<Waveform>(`${path}/waveform`);
  const { answer: known } = useFetched<RecordingMarks>(`${path}/marks`);
  const audio = useRef<HTMLAudioElement>(null);
  const waves = useRef<HTMLDivElement>(null);
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [speed, setSpeed] = useState(1);
  const [failed, setFailed] = useState(false);
  const tracks = tracksOf(recording);
  const marks = known?.marks ?? [];
  // A URL is signed anew each time that the record is looked at: the sound goes on with the first.
  const [source] = useState(url);

  useEffect(() => {
    const [element, media] = [waves.current, audio.current];
    if (!element || !media || !waveform.answer) return undefined;
    return openWaves({ element, media, peaks: waveform.answer.channels, duration, tracks: tracksOf(recording) });
    // The record of a file that is made does not change.
  }, [waveform.answer, duration]);

  const seek = (seconds: number): void => {
    const media = audio.current;
    if (media) media.currentTime = Math.max(0, Math.min(seconds, duration));
  };
  const toggle = (): void => {
    const media = audio.current;
    if (!media) return;
    if (media.paused) media.play().catch(() => setFailed(true));
    else media.pause();
  };
  const turnTo = (next: number): void => {
    setSpeed(next);
    if (audio.current) audio.current.playbackRate = next;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const act = keyAct(event);
    if (act === undefined) return;
    event.preventDefault();
    if (act.do === 'toggle') toggle();
    if (act.do === 'move') seek((audio.current?.currentTime ?? 0) + act.seconds);
    if (act.do === 'go') seek(act.share * duration);
    if (act.do === 'speed')
      turnTo(speeds[Math.max(0, Math.min(speeds.indexOf(speed) + act.steps, speeds.length - 1))] ?? 1);
  };

  return (
    // Keys work wherever in the player one is.
    <section class="player" aria-label="Player" onKeyDown={onKeyDown}>
      {/* biome-ignore lint/a11y/useMediaCaption: calls have no captions. */}
      <audio
        ref={audio}
        src={source}
        preload="metadata"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onError={() => setFailed(true)}
      />
      <p class="legend" aria-hidden="true">
        {tracks.map((track) => (
          <span key={track} class={track}>
            {titles[track]}
          </span>
        ))}
      </p>
      <div class={`waves channels-${tracks.length}`}>
        <div ref={waves} class="drawn" aria-hidden="true" />
        {!waveform.answer && !waveform.error && <p class="hint">The waveform is drawn…</p>}
        <MarksOver marks={marks} duration={duration} />
      </div>
      <Trouble error={waveform.error} />
      {failed && (
        <p class="trouble" role="alert">
          <strong>The browser cannot play it.</strong> The link may have expired: load the page again.
        </p>
      )}
      <div class="controls">
        <button type="button" class="primary play" onClick={toggle}>
          {playing ? 'Pause' : 'Play'}
        </button>
        <span class="time">
          {lengthText(at)} / {lengthText(duration)}
        </span>
        <input
          type="range"
          class="seek"
          min={0}
          max={duration}
          step={0.1}
          value={at}
          aria-label="Position"
          aria-valuetext={`${lengthText(at)} of ${lengthText(duration)}`}
          onInput={(event) => seek(Number(event.currentTarget.value))}
        />
        <label class="speed">
          <span>Speed</span>
          <select value={String(speed)} onChange={(event) => turnTo(Number(event.currentTarget.value))}>
            {speeds.map((each) => (
              <option key={each} value={String(each)}>
                {each}×
              </option>
            ))}
          </select>
        </label>
      </div>
      <p class="hint keys">
        <kbd>Space</kbd> plays, <kbd>←</kbd> <kbd>→</kbd> 5 s, <kbd>J</kbd> <kbd>L</kbd> 15 s, <kbd>&lt;</kbd>{' '}
        <kbd>&gt;</kbd> speed
      </p>
      {known?.tracks && (
        <p class="lost">
          {Object.entries(known.tracks).map(([track, came]) => (
            <span key={track} class={track}>
              lost of what {titles[track as 'speak' | 'listen']}: {shareText(lostShare(came))}
            </span>
          ))}
        </p>
      )}
      <MarkList marks={marks} onGo={seek} />
    </section>
  );
};
