import { Writable } from 'node:stream';

type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string };

/** What a log line means to somebody who watches the demo; undefined for what would only distract. */
export const narrate = (line: LogLine): string | undefined => {
  switch (line.msg) {
    case 'the embedded parts are up':
      return 'redis-server, rtpengine and the SIP edge run';
    case 'ready to take calls':
      return `the switch takes calls at sip:1000@${String(line.sip)}, its worker waits for recordings`;
    case 'INVITE':
      return `INVITE from ${String(line.from)} to ${String(line.to)}`;
    case 'answered':
      return 'the call is answered with the SDP of rtpengine';
    case 'recording':
      return `record_call: recording ${String(line.direction)} as ${String(line.format)}`;
    case 'play':
      return `play: ${String(line.urls)}`;
    case 'captured':
      return `the recording stops (${String(line.end_reason)}) after ${String(line.seconds)} s of sound; the worker makes the file`;
    case 'call ended':
      return `the call has ended: ${String(line.reason)}`;
    default:
      return line.level === 'error' || line.level === 'fatal' ? `ERROR ${String(line.msg)}` : undefined;
  }
};

/** A stream for pino that tells the story of its log lines. */
export const createNarrator = (tell: (text: string) => void): Writable =>
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const text of chunk.toString().split('\n')) {
        if (text === '') continue;
        const story = narrate(JSON.parse(text) as LogLine);
        if (story !== undefined) tell(story);
      }
      done();
    },
  });
