import type { Effect, MachineContext, Step, TimerName } from './machine.ts';

/** A transaction's machine that runs. */
export interface RunningMachine<State, Event> {
  state(): State;
  feed(event: Event): void;
}

/** What a machine runs with. */
export interface MachineSetup<State, Event> {
  readonly initial: State;
  readonly context: MachineContext;
  readonly step: (state: State, event: Event, context: MachineContext) => Step<State>;
  /** Starts a timer and returns how to end it. */
  readonly after: (ms: number, callback: () => void) => () => void;
  readonly timerEvent: (timer: TimerName) => Event;
  /** Does what the machine wants; it may feed the machine again. */
  readonly perform: (effect: Extract<Effect, { do: 'send' | 'tell' }>) => void;
  /** Called once, when the machine has terminated; its timers are gone then. */
  readonly onEnd: () => void;
}

/** Runs a machine: keeps its state and its timers. */
export function runMachine<State extends { readonly name: string }, Event>(
  setup: MachineSetup<State, Event>,
): RunningMachine<State, Event> {
  let state = setup.initial;
  let ended = false;
  const timers = new Map<TimerName, () => void>();

  function feed(event: Event): void {
    if (ended) return;
    const next = setup.step(state, event, setup.context);
    state = next.state;
    for (const effect of next.effects) apply(effect);
    if (state.name === 'terminated' && !ended) {
      ended = true;
      for (const end of timers.values()) end();
      timers.clear();
      setup.onEnd();
    }
  }

  function apply(effect: Effect): void {
    if (effect.do !== 'start' && effect.do !== 'stop') {
      setup.perform(effect);
      return;
    }
    timers.get(effect.timer)?.();
    timers.delete(effect.timer);
    if (effect.do === 'stop' || ended) return;
    const { timer } = effect;
    const end = setup.after(effect.ms, () => {
      timers.delete(timer);
      feed(setup.timerEvent(timer));
    });
    timers.set(timer, end);
  }

  return { state: () => state, feed };
}
