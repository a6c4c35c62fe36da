import { type ErrorKind, kind } from '../kind.ts';

/** Status events, and what scripts have us reach. */
export const eventsKinds = {
  status_url_invalid: kind('script', 400, 500, false, 'Give status_url as an absolute http or https URL.'),
  status_event_refused: kind(
    'outside',
    502,
    500,
    true,
    'Look at the server behind status_url: it has to answer the POST with a 2xx status; redirects are not followed.',
  ),
  status_event_unanswered: kind(
    'outside',
    504,
    500,
    true,
    'Check that the server behind status_url runs, is reached from here and answers within the time-out.',
  ),
  status_event_not_kept: kind(
    'outside',
    503,
    503,
    true,
    'Bring Redis back: status events wait in memory while it is away, and this one could not.',
  ),
  outbound_address_refused: kind(
    'configuration',
    403,
    500,
    false,
    'Set http_out.allow_private to true, or name the host in http_out.allow_hosts, if it may be reached.',
  ),
  delivery_unknown: kind(
    'caller',
    404,
    404,
    false,
    'Look at the deliveries of the recording by GET /api/recordings/{recording_id}/events; they are listed for some days.',
  ),
} as const satisfies Record<string, ErrorKind>;
