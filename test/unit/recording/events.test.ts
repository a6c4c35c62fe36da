import { describe, expect, test } from 'vitest';
import { statusEvent } from '../../../src/recorder/recording/events.ts';
import type { RecordingRecord } from '../../../src/recorder/recording/record.ts';

const begun: RecordingRecord = {
  recording_id: 'rec-1',
  call_id: 'call-1',
  control_id: 'greeting',
  node_id: 'node-1',
  state: 'recording',
  format: 'mp3',
  direction: 'both',
  stereo: true,
  url: 'https://rec.example/rec-1.mp3',
  from: '+1',
  to: '+2',
  start_time: 1767225600.123,
};

const ended: RecordingRecord = {
  ...begun,
  state: 'finished',
  end_time: 1767225610.5,
  end_reason: 'hangup',
  duration: 10.377,
  size: 41_508,
  channels: 2,
  file: '/var/lib/sipreel/rec-1.mp3',
};

const audio = { format: 'mp3', direction: 'both', stereo: true };

describe('a status event', () => {
  test('of a recording that began says where it will be', () => {
    expect(statusEvent(begun, 'recording')).toEqual({
      event_type: 'calling.call.record',
      event_channel: 'swml:call-1',
      event_id: 'rec-1.recording',
      event_number: 1,
      timestamp: 1767225600.123,
      project_id: '',
      space_id: '',
      params: {
        call_id: 'call-1',
        node_id: 'node-1',
        segment_id: 'call-1',
        control_id: 'greeting',
        recording_id: 'rec-1',
        state: 'recording',
        url: 'https://rec.example/rec-1.mp3',
        start_time: 1767225600.123,
        record: { url: 'https://rec.example/rec-1.mp3', format: 'mp3', audio },
      },
    });
  });

  test('of a finished recording has url, duration and size in both places', () => {
    const event = statusEvent(ended, 'finished', { segment_id: 'seg', project_id: 'p', space_id: 's' });
    expect(event).toMatchObject({
      event_id: 'rec-1.finished',
      timestamp: 1767225610.5,
      project_id: 'p',
      space_id: 's',
    });
    expect(event.params).toEqual({
      call_id: 'call-1',
      node_id: 'node-1',
      segment_id: 'seg',
      control_id: 'greeting',
      recording_id: 'rec-1',
      state: 'finished',
      url: 'https://rec.example/rec-1.mp3',
      start_time: 1767225600.123,
      end_time: 1767225610.5,
      end_reason: 'hangup',
      duration: 10.377,
      size: 41_508,
      record: { url: 'https://rec.example/rec-1.mp3', duration: 10.377, size: 41_508, format: 'mp3', audio },
    });
  });

  test('of a failed recording says what went wrong and what to do', () => {
    const error = { code: 'ffmpeg_missing', message: 'no ffmpeg', remedy: 'Install ffmpeg.' } as const;
    const record = { ...ended, state: 'error', end_reason: 'error', duration: 0, size: 0, error } as const;
    expect(statusEvent(record, 'error').params).toMatchObject({
      state: 'error',
      end_reason: 'error',
      duration: 0,
      error,
    });
  });

  test('of a recording without speech is no_input', () => {
    const record = { ...ended, state: 'no_input', end_reason: 'initial_timeout' } as const;
    expect(statusEvent(record, 'no_input').params).toMatchObject({ state: 'no_input', end_reason: 'initial_timeout' });
  });

  test('of a pause names its behavior and nothing of the end', () => {
    const event = statusEvent(ended, 'paused', { timestamp: 1767225605, pause_behavior: 'silence' });
    expect(event.timestamp).toBe(1767225605);
    expect(event.params).toMatchObject({ state: 'paused', pause_behavior: 'silence' });
    for (const key of ['end_time', 'end_reason', 'duration', 'size', 'error'])
      expect(event.params).not.toHaveProperty(key);
    expect(statusEvent(begun, 'paused').params.pause_behavior).toBe('skip');
  });

  test('of a second pause, and of what comes after it, is another one than of the first', () => {
    const ids = ([1, 2, 3, 4, 5] as const).map(
      (number) => statusEvent(begun, number % 2 === 1 ? 'recording' : 'paused', { number }).event_id,
    );
    expect(ids).toEqual([
      'rec-1.recording',
      'rec-1.paused',
      'rec-1.recording.2',
      'rec-1.paused.2',
      'rec-1.recording.3',
    ]);
    expect(statusEvent(ended, 'finished', { number: 6 })).toMatchObject({
      event_id: 'rec-1.finished',
      event_number: 6,
    });
  });

  test('never tells where the file lies on disk', () => {
    expect(JSON.stringify(statusEvent(ended, 'finished'))).not.toContain('/var/lib');
  });
});
