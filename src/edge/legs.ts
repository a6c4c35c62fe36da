import { tagOf } from './sip/address.ts';
import { dialogKey } from './sip/identify.ts';
import { firstValue, type SipRequest } from './sip/message.ts';
import type { Leg } from './state.ts';

/** The dialogs there are. */
export interface Legs {
  add(leg: Leg): void;
  byId(id: string): Leg | undefined;
  /** The dialog that a request from the network belongs to (RFC 3261 section 12.2.2). */
  ofRequest(request: SipRequest): Leg | undefined;
  /** Gives a leg another dialog; the tags may change. */
  setDialog(leg: Leg, dialog: Leg['dialog']): void;
  /** Takes a leg out and ends its timers; nothing happens where it is out already. */
  remove(leg: Leg): void;
  /** The other side's requests find the leg no more; by its name it can still be ended. */
  hide(leg: Leg): void;
  all(): Leg[];
}

/** Keeps the dialogs by their name in drachtio's protocol and by what tells them apart on the wire. */
export function createLegs(): Legs {
  const byId = new Map<string, Leg>();
  const byKey = new Map<string, Leg>();

  const keyOf = ({ dialog }: Leg) => dialogKey(dialog.callId, dialog.localTag, dialog.remoteTag);

  function remove(leg: Leg): void {
    if (byId.get(leg.id) === leg) byId.delete(leg.id);
    if (byKey.get(keyOf(leg)) === leg) byKey.delete(keyOf(leg));
    leg.unacknowledged?.stop();
    leg.unacknowledged = null;
  }

  return {
    remove,
    hide(leg) {
      remove(leg);
      byId.set(leg.id, leg);
    },
    add(leg) {
      const older = byId.get(leg.id);
      if (older !== undefined) remove(older);
      byId.set(leg.id, leg);
      byKey.set(keyOf(leg), leg);
    },
    byId: (id) => byId.get(id),
    ofRequest(request) {
      const local = tagOf(firstValue(request, 'to'));
      const remote = tagOf(firstValue(request, 'from'));
      return byKey.get(dialogKey(firstValue(request, 'call-id') ?? '', local, remote));
    },
    setDialog(leg, dialog) {
      const known = byKey.get(keyOf(leg)) === leg;
      if (known) byKey.delete(keyOf(leg));
      leg.dialog = dialog;
      if (known) byKey.set(keyOf(leg), leg);
    },
    all: () => [...byId.values()],
  };
}
