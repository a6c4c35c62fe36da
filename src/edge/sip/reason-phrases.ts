/** The reason phrases of the responses that the edge gives by itself (RFC 3261 section 21). */
const PHRASES: Readonly<Record<number, string>> = {
  100: 'Trying',
  200: 'OK',
  400: 'Bad Request',
  408: 'Request Timeout',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  483: 'Too Many Hops',
  487: 'Request Terminated',
  491: 'Request Pending',
  500: 'Server Internal Error',
  503: 'Service Unavailable',
  513: 'Message Too Large',
};

/** The usual reason phrase of a status. */
export function reasonPhrase(status: number): string {
  return PHRASES[status] ?? 'Unknown';
}
