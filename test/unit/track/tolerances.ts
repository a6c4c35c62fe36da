/** The promise: any sound is this near to its time on the recording's clock, hours after the start. */
export const syncMs = 20;

/**
 * Each track's share of it, so that two tracks of clocks that drift apart are within the promise of each other. A track
 * lets 4 ms of error stand before it corrects, follows 1000 ppm 5.4 ms behind, and 300 ms of jitter hide 3 ms more.
 */
export const trackMs = syncMs / 2;

/** Without drift the anchor is off by what jitter of 20 ms hides in a window of 4 s (200 packets): 0.1 ms, rarely 2. */
export const anchorMs = 2;

/** A talk spurt of a second after a long silence has its own 50 packets only to tell the anchor: jitter of 20 ms hides 4 ms. */
export const spurtMs = 5;

/** A tone may change by this in level on its way, in dB: G.711 quantises it with 38 dB. */
export const levelDb = 0.2;

/** What sounds in a second beside a tone of half scale, in dBFS: the lines of G.711's own noise are below -70. */
export const cleanDb = -68;
