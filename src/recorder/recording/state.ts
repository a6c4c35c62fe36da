import type { EndReason, TerminalState } from './record.ts';

/** One recording's life: what it is doing now, and once it is ending, why. */
export type Life =
  | { readonly state: 'starting' }
  | { readonly state: 'recording' }
  | { readonly state: 'paused' }
  /** Capture is over; the file is being made. */
  | { readonly state: 'finishing'; readonly reason: EndReason }
  | { readonly state: TerminalState; readonly reason: EndReason };

/** What can happen to a recording. */
export type LifeEvent =
  /** The forks are up and the beep is over. */
  | { readonly event: 'started' }
  | { readonly event: 'pause' }
  | { readonly event: 'resume' }
  | { readonly event: 'end'; readonly reason: EndReason }
  /** The file is in storage and verified. */
  | { readonly event: 'stored' }
  /** There will be no file, whatever the reason to end was. */
  | { readonly event: 'failed' };

/** The next life, and if the event means nothing in this one, the same life and why it was refused. */
export interface Step {
  readonly life: Life;
  readonly refused?: string;
}

/** Every recording begins here. */
export const newborn: Life = { state: 'starting' };

/** The terminal state of a recording whose file was made. */
export const terminalStateOf = (reason: EndReason): TerminalState => {
  switch (reason) {
    case 'initial_timeout':
      return 'no_input';
    case 'error':
      return 'error';
    case 'stop':
    case 'terminator':
    case 'max_length':
    case 'end_silence':
    case 'hangup':
      return 'finished';
  }
};

const moved = (life: Life): Step => ({ life });

const refuse = (life: Life, event: LifeEvent, because: string): Step => ({
  life,
  refused: `${event.event} in state ${life.state}: ${because}`,
});

const failed: Life = { state: 'error', reason: 'error' };

const whileStarting = (life: Life, event: LifeEvent): Step => {
  switch (event.event) {
    case 'started':
      return moved({ state: 'recording' });
    case 'end':
      return moved({ state: 'finishing', reason: event.reason });
    case 'failed':
      return moved(failed);
    case 'pause':
    case 'resume':
    case 'stored':
      return refuse(life, event, 'the recording has not started yet');
  }
};

const whileRecording = (life: Life, event: LifeEvent): Step => {
  switch (event.event) {
    case 'pause':
      return moved({ state: 'paused' });
    case 'end':
      return moved({ state: 'finishing', reason: event.reason });
    case 'failed':
      return moved(failed);
    case 'started':
    case 'resume':
      return refuse(life, event, 'it is being recorded already');
    case 'stored':
      return refuse(life, event, 'the recording has not ended yet');
  }
};

const whilePaused = (life: Life, event: LifeEvent): Step => {
  switch (event.event) {
    case 'resume':
      return moved({ state: 'recording' });
    case 'end':
      return moved({ state: 'finishing', reason: event.reason });
    case 'failed':
      return moved(failed);
    case 'started':
    case 'pause':
      return refuse(life, event, 'it is paused already');
    case 'stored':
      return refuse(life, event, 'the recording has not ended yet');
  }
};

const whileFinishing = (life: Life & { readonly reason: EndReason }, event: LifeEvent): Step => {
  switch (event.event) {
    case 'stored':
      return moved({ state: terminalStateOf(life.reason), reason: life.reason });
    case 'failed':
      return moved(failed);
    case 'started':
    case 'pause':
    case 'resume':
    case 'end':
      // The first reason to end stands: a hang-up that follows a stop changes nothing.
      return refuse(life, event, `it is ending because of ${life.reason}`);
  }
};

/** The recording's state machine: total, pure, and terminal states are left by nothing. */
export const step = (life: Life, event: LifeEvent): Step => {
  switch (life.state) {
    case 'starting':
      return whileStarting(life, event);
    case 'recording':
      return whileRecording(life, event);
    case 'paused':
      return whilePaused(life, event);
    case 'finishing':
      return whileFinishing(life, event);
    case 'finished':
    case 'no_input':
    case 'error':
      return refuse(life, event, `it ended because of ${life.reason}`);
  }
};
