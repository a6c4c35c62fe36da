import { describe, expect, it } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import { clip } from '../../../src/switch/media/prompt/clip.ts';
import type { Entry } from '../../../src/switch/media/prompt/entry.ts';
import type { PcmSource } from '../../../src/switch/media/prompt/pcm-source.ts';
import { openPlaylist } from '../../../src/switch/media/prompt/playlist.ts';
import { readAll } from '../../sound/read-source.ts';

/** Sources of constant samples: `say:7` is a frame of sevens; and a log of what was opened and closed. */
const recorded = () => {
  const events: string[] = [];
  const open = (entry: Entry): PcmSource => {
    const text = entry.kind === 'say' ? entry.text : entry.kind;
    events.push(`open ${text}`);
    if (text === 'refused') throw new SipreelError('prompt_parameter_invalid', 'no such voice');
    const source = clip(new Int16Array(text === 'empty' ? 0 : 320).fill(Number(text) || 0));
    return {
      read: () => {
        if (text === 'broken') throw new SipreelError('prompt_fetch_failed', 'not there', { details: { status: 404 } });
        return source.read();
      },
      close: async () => {
        events.push(`close ${text}`);
        await source.close();
      },
    };
  };
  return { events, open };
};

const thrownBy = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

describe('a playlist', () => {
  it('plays its entries without a gap and skips empty ones', () => {
    const { open } = recorded();
    const heard = readAll(openPlaylist(['say:1', 'say:empty', 'say:empty', 'say:2', 'say:3'], open));
    expect([...heard]).toEqual([1, 2, 3].flatMap((value) => Array<number>(320).fill(value)));
  });

  it('opens one entry ahead, not more, and closes what is over', () => {
    const { events, open } = recorded();
    const source = openPlaylist(['say:1', 'say:2', 'say:3', 'say:4'], open);
    expect(events).toEqual(['open 1', 'open 2']);
    source.read();
    source.read();
    expect(events).toEqual(['open 1', 'open 2']);
    source.read();
    expect(events).toEqual(['open 1', 'open 2', 'open 3', 'close 1']);
  });

  it('refuses a bad entry before anything is opened', () => {
    const { events, open } = recorded();
    const error = thrownBy(() => openPlaylist(['say:1', 'nonsense://u:p@x'], open));
    expect(error).toMatchObject({
      code: 'prompt_url_invalid',
      message: expect.stringContaining('entry 2 of 2'),
      details: { entry: 1, url: 'nonsense://x' },
    });
    expect(events).toEqual([]);
  });

  it('says which entry failed while it played', () => {
    const { open } = recorded();
    const error = thrownBy(() => readAll(openPlaylist(['say:1', 'say:broken', 'say:3'], open)));
    expect(error).toMatchObject({
      code: 'prompt_fetch_failed',
      message: 'entry 2 of 3: not there',
      details: { entry: 1, url: 'say:broken', status: 404 },
    });
  });

  it('says which entry could not be opened when its turn comes', () => {
    const { open } = recorded();
    const source = openPlaylist(['say:1', 'say:refused'], open);
    expect(source.read()).toBeInstanceOf(Int16Array);
    source.read();
    expect(thrownBy(source.read)).toMatchObject({ code: 'prompt_parameter_invalid', details: { entry: 1 } });
  });

  it('closes what is open when it is closed, once', async () => {
    const { events, open } = recorded();
    const source = openPlaylist(['say:1', 'say:2', 'say:3'], open);
    source.read();
    await source.close();
    await source.close();
    expect(events).toEqual(['open 1', 'open 2', 'close 1', 'close 2']);
    expect(source.read()).toBeUndefined();
  });

  it('without entries is over at once', () => {
    expect(openPlaylist([], recorded().open).read()).toBeUndefined();
  });
});
