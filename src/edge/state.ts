import type { Application, Applications } from './applications.ts';
import type { StopTimer } from './clock.ts';
import type { Legs } from './legs.ts';
import type { Network } from './network.ts';
import type { ResolvedOptions } from './options.ts';
import type { Dialog } from './sip/dialog.ts';
import type { ClientTransaction, ServerTransaction, Transactions } from './transactions.ts';
import type { Flow, Place } from './transport/flow.ts';

/** A request from the network that an application is to answer. */
export interface Incoming {
  /** Its name in drachtio's protocol. */
  readonly transactionId: string;
  readonly application: Application;
  readonly transaction: ServerTransaction;
  /** The tag that responses put on To where the request has none; the application may choose it with its first response. */
  localTag: string;
  /** Set from the start for a request within a dialog, else by the first response that makes one. */
  leg: Leg | null;
  /** The latest reliable provisional response, while it waits for its PRACK (RFC 3262). */
  reliable: { readonly sequence: number; readonly stop: StopTimer } | null;
  /** The RSeq of the latest reliable provisional response. */
  reliableSequence: number | null;
  /** Ends the wait for the application's first response. */
  stopWaiting: StopTimer;
}

/** A request of an application that is under way. */
export interface Outgoing {
  /** Its name in drachtio's protocol. */
  readonly transactionId: string;
  /** Null once it has left. */
  application: Application | null;
  readonly transaction: ClientTransaction;
  leg: Leg | null;
  /** Whether it is an INVITE whose 2xx the application has been given. */
  answered: boolean;
  /** Whether the application wanted it cancelled. */
  cancelled: boolean;
  /** The ACK to its 2xx, to be sent again with each repetition of that. */
  ack: { readonly bytes: string; readonly flow: Flow } | null;
}

/** One dialog, from the first response with a tag to its BYE. */
export interface Leg {
  /** Its name in drachtio's protocol: `<Call-ID>;from-tag=<tag>`. */
  readonly id: string;
  readonly application: Application;
  /** Whether it began with SUBSCRIBE rather than INVITE. */
  readonly isSubscription: boolean;
  dialog: Dialog;
  /** False while only provisional responses have been sent or received. */
  confirmed: boolean;
  /** Over which the other side was heard; a TCP connection is used as long as it is open. */
  flow: Flow;
  /** Where requests go instead of to the other side's Contact, which can't be where it was heard from. */
  reroute: Place | null;
  /** The other side's INVITE that is not finally answered. */
  incomingInvite: Incoming | null;
  /** The application's latest INVITE. */
  outgoingInvite: Outgoing | null;
  /** A 2xx that was sent and waits for its ACK. */
  unacknowledged: { readonly transactionId: string; readonly sequence: number; readonly stop: StopTimer } | null;
}

/** All that the parts of the edge share. */
export interface EdgeState {
  readonly options: ResolvedOptions;
  readonly applications: Applications;
  readonly network: Network;
  readonly transactions: Transactions;
  readonly legs: Legs;
  /** By their names in drachtio's protocol. */
  readonly incoming: Map<string, Incoming>;
  readonly incomingOf: Map<ServerTransaction, Incoming>;
  readonly outgoing: Map<string, Outgoing>;
}
