import type { Clock, StopTimer } from './clock.ts';
import type { ResendPlan } from './transaction/resend.ts';

/** Follows a plan: calls `resend` at each of its times, then `giveUp`, unless it is stopped. */
export function followPlan(clock: Clock, plan: ResendPlan, resend: () => void, giveUp: () => void): StopTimer {
  let sent = 0;
  let stopTimer: StopTimer = () => {};

  function wait(): void {
    const waitMs = plan.waitsMs[sent];
    if (waitMs === undefined) {
      stopTimer = clock.after(plan.lastMs, giveUp);
      return;
    }
    stopTimer = clock.after(waitMs, () => {
      sent++;
      wait();
      resend();
    });
  }
  wait();
  return () => stopTimer();
}
