/** Whose offer of a session waits for its answer in a dialog. */
export type OpenOffer = 'none' | 'ours' | 'theirs';

/**
 * With what an offer of the far end is refused while another is open (RFC 3261 §14.2, RFC 3311 §5.2); undefined: it is
 * taken. `lot` is 0 up to 1: the Retry-After of a 500 is to be random.
 */
export const refusalOfOffer = (
  open: OpenOffer,
  lot: number,
): { readonly status: 491 | 500; readonly headers: Record<string, string> } | undefined => {
  switch (open) {
    case 'none':
      return undefined;
    case 'ours':
      return { status: 491, headers: {} };
    case 'theirs':
      return { status: 500, headers: { 'Retry-After': String(Math.floor(lot * 11)) } };
  }
};

/** How long after a 491 we try again, ms: who owns the Call-ID waits longer (RFC 3261 §14.1). `lot` is 0 up to 1. */
export const glareWaitMs = (ownsCallId: boolean, lot: number): number =>
  ownsCallId ? 2100 + 10 * Math.floor(lot * 191) : 10 * Math.floor(lot * 201);
