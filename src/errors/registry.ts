/** Whose fault an error is: the one who has to do something about it. */
export type Fault = 'caller' | 'script' | 'configuration' | 'outside' | 'sipreel';

/** One kind of error: what the API, SIP and the operator are told of it. */
export interface ErrorKind {
  /** What to do about it, as a full sentence for the operator. */
  readonly remedy: string;
  /** HTTP status of an API answer that carries it. */
  readonly http: number;
  /** SIP final response to an INVITE that it ends. */
  readonly sip: number;
  readonly fault: Fault;
  /** True if the same thing, tried again later, may succeed. */
  readonly retryable: boolean;
}

const kind = (fault: Fault, http: number, sip: number, retryable: boolean, remedy: string): ErrorKind => ({
  remedy,
  http,
  sip,
  fault,
  retryable,
});

/** An error in a script: refused before the call is answered, or the end of the call that runs it. */
const script = (remedy: string): ErrorKind => kind('script', 422, 500, false, remedy);

/**
 * Every error of the project, by code. The message with the value at fault is made where the error is thrown;
 * what follows from it stands here once, so that log, API, SIP response and event say the same.
 */
export const errorKinds = {
  demo_failed: kind('outside', 500, 500, false, 'The log that the demo names has more.'),
  usage_invalid: kind('configuration', 500, 500, false, 'See sipreel help.'),
  config_invalid: kind(
    'configuration',
    500,
    500,
    false,
    'Correct the listed keys in the configuration and start again.',
  ),
  config_unreadable: kind('configuration', 500, 500, false, 'Check the path and the permissions of the file.'),

  rtpengine_away: kind(
    'outside',
    503,
    503,
    true,
    'Check that rtpengine runs and that rtpengine.servers names its ng port.',
  ),
  rtpengine_refused: kind('outside', 502, 500, false, "Look the call up in rtpengine's log: it refused the command."),
  redis_away: kind('outside', 503, 503, true, 'Check that redis-server runs and that redis.url is right.'),
  redis_refused: kind(
    'outside',
    502,
    500,
    true,
    "Read Redis' own words in the message: memory, disk, permissions or a read-only replica are the usual causes.",
  ),
  redis_url_invalid: kind(
    'configuration',
    500,
    500,
    false,
    'Write redis.url as redis://[user:password@]host:port[/db], rediss:// for TLS or unix:///path.',
  ),
  record_damaged: kind(
    'outside',
    500,
    500,
    false,
    'Check who else writes to the keys of this prefix in Redis, or set redis.prefix to one of its own.',
  ),
  control_id_invalid: kind(
    'script',
    400,
    500,
    false,
    'Choose a control_id of 1 to 256 characters without control characters.',
  ),

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

  sip_invalid: kind('caller', 400, 400, false, 'Correct the SIP message at its sender.'),
  sdp_invalid: kind('caller', 400, 488, false, 'Offer one audio stream with a connection address in the SDP.'),
  codec_unsupported: kind('caller', 400, 488, false, 'Offer one of PCMU, PCMA, G722, opus and G729.'),
  srtp_unsupported: kind(
    'caller',
    400,
    488,
    false,
    'Offer RTP/AVP, or RTP/SAVP with an a=crypto line of AES_CM_128_HMAC_SHA1_80, or DTLS with a fingerprint.',
  ),
  message_too_large: kind(
    'caller',
    413,
    513,
    false,
    'Send a smaller SDP and fewer or shorter headers (sip.max_message).',
  ),
  route_missing: kind(
    'configuration',
    404,
    404,
    false,
    'Add a route for the called number to routes in the configuration.',
  ),
  call_ended: kind('caller', 410, 487, false, 'Nothing: the call is over.'),
  early_media_impossible: kind(
    'caller',
    400,
    500,
    false,
    'Answer the call before anything is played, or call with an SDP.',
  ),
  destination_invalid: kind(
    'script',
    422,
    404,
    false,
    'Dial a number or a URI such as sip:1000@192.0.2.1, without line breaks and headers in it.',
  ),
  trunk_missing: kind(
    'configuration',
    422,
    404,
    false,
    'Give a trunk an outbound part whose rules for numbers take this one, or dial a sip: URI.',
  ),
  trunk_down: kind(
    'outside',
    503,
    503,
    true,
    'Find out why the trunk does not answer OPTIONS; if it never does, set its outbound.probe.interval to 0s.',
  ),
  trunk_full: kind(
    'caller',
    503,
    503,
    true,
    'Raise max_calls or max_cps of the trunk if it may have more, or have its calls spread over more servers.',
  ),
  source_unknown: kind(
    'caller',
    403,
    403,
    false,
    'Add the address to addresses of a trunk, or set sip.unknown_source to allow if anybody may call.',
  ),
  credentials_wrong: kind(
    'caller',
    403,
    403,
    false,
    "Correct the user or the password at the caller, or in inbound.auth of its trunk; an ha1 is made with the trunk's realm.",
  ),
  calls_limit: kind(
    'outside',
    503,
    503,
    true,
    'As many calls are up as limits.calls allows: add a node, or raise it if the machine has room.',
  ),
  draining: kind('outside', 503, 503, true, 'This server is going down: send the call to another one.'),
  drachtio_refused: kind(
    'outside',
    502,
    500,
    false,
    "Look into the drachtio-server's log: it could not send the message.",
  ),

  fork_refused: kind('outside', 502, 500, false, "Look the call up in rtpengine's log: it gave no copy of the media."),
  recording_in_progress: kind(
    'caller',
    503,
    503,
    true,
    'Ask again: the recording has not ended, or its file is being made.',
  ),
  recording_failed: kind(
    'outside',
    404,
    404,
    false,
    'See the error of the recording; its sound may still be in the spool.',
  ),
  not_found: kind('caller', 404, 404, false, 'Check the path.'),
  request_invalid: kind('caller', 400, 400, false, 'Correct the HTTP request.'),
  range_unsatisfiable: kind('caller', 416, 400, false, 'Ask for a part within the length that HEAD tells.'),
  http_listen_failed: kind(
    'configuration',
    500,
    500,
    false,
    'Choose a free port and an address of this machine: http.listen.',
  ),
  drachtio_away: kind(
    'outside',
    503,
    503,
    true,
    'Check that drachtio-server runs and that sip.drachtio names its control port and secret.',
  ),
  recording_unknown: kind('caller', 404, 404, false, 'Check the recording id; old recordings may have been deleted.'),
  recording_ended: kind(
    'caller',
    409,
    500,
    false,
    'Pause and resume recordings while they last; the one that is meant has ended or was never started on this node.',
  ),
  digit_invalid: kind('caller', 422, 400, false, 'Give one of 0-9, *, #, A-D.'),
  control_id_taken: kind(
    'script',
    409,
    500,
    false,
    'Stop the recording with this control_id first, or give the new one another control_id.',
  ),

  ffmpeg_missing: kind(
    'configuration',
    500,
    500,
    true,
    'Install ffmpeg, or set FFMPEG_BIN (and FFPROBE_BIN) to the path of the program.',
  ),
  ffmpeg_failed: kind(
    'outside',
    502,
    500,
    true,
    "Read ffmpeg's own words in the message; `ffmpeg -encoders` must list libmp3lame and aac.",
  ),
  ffmpeg_hung: kind(
    'outside',
    504,
    500,
    true,
    'Check the load and the disk of the machine, and the program behind FFMPEG_BIN.',
  ),
  encode_verification_failed: kind(
    'outside',
    500,
    500,
    true,
    'Check the disk and the version of ffmpeg; the sound is kept in the spool, so the recording can be encoded again.',
  ),
  encode_abandoned: kind(
    'sipreel',
    500,
    500,
    true,
    'The process ended each time it encoded this recording: look for the cause in its log and encode it again.',
  ),
  spool_missing: kind(
    'outside',
    410,
    500,
    false,
    'The captured sound was removed before it was encoded: check who else deletes files in the spool folder.',
  ),
  recording_interrupted: kind(
    'outside',
    500,
    500,
    false,
    'The file holds the sound up to the interruption; look for its cause in the log lines of this recording.',
  ),
  storage_failed: kind(
    'outside',
    507,
    500,
    true,
    'Check the space and the permissions of the storage folder; the sound is kept in the spool.',
  ),
  storage_name_invalid: kind(
    'sipreel',
    500,
    500,
    false,
    'Recording ids are letters, digits, - and _; check who made this one.',
  ),

  recording_id_invalid: kind('sipreel', 400, 500, false, 'Use the recording_id that the recording was started with.'),
  spool_open_failed: kind(
    'configuration',
    500,
    500,
    true,
    'Check that the spool directory exists, belongs to the user that sipreel runs as, and has room.',
  ),
  spool_room_low: kind(
    'outside',
    507,
    503,
    true,
    'Free space on the disk of the spool, or set limits.spool_free lower.',
  ),
  recordings_limit: kind(
    'outside',
    503,
    503,
    true,
    'As many recordings run as limits.recordings allows: add a node, or raise it if the machine has room.',
  ),
  spool_write_failed: kind(
    'outside',
    507,
    500,
    true,
    'Free space on the disk of the spool: sound is kept in memory only for some minutes.',
  ),
  spool_unreadable: kind(
    'outside',
    500,
    500,
    false,
    'Look at the named file of the spool: it is missing, damaged or not readable for sipreel.',
  ),
  output_exists: kind('configuration', 409, 500, false, 'Choose another file, or overwrite it with --force.'),
  output_failed: kind(
    'outside',
    507,
    500,
    false,
    'Check the folder of the file: its space, its permissions, its name.',
  ),
  capture_open_failed: kind(
    'outside',
    503,
    500,
    true,
    'Check that capture.address is an address of this machine and that the limit of open files is high enough.',
  ),
  capture_source_invalid: kind(
    'outside',
    502,
    500,
    false,
    "Look at rtpengine's SDP: it has to name an IP address and a port that it sends from.",
  ),
  capture_died: kind(
    'sipreel',
    500,
    500,
    true,
    'What was captured so far is in the spool; please report the log line of the capture thread.',
  ),
  capture_closed: kind('sipreel', 503, 503, true, 'This process is going down: record on another one.'),

  // The codes of SWML's reference; each error carries script, path, line and column in its details.
  relay_script_parse_error: script('Correct the YAML or JSON at the given line.'),
  relay_script_parse_internal_error: script('Check that the script is YAML or JSON; if it is, please report it.'),
  relay_script_version_invalid: script('Write version: 1.0.0, or leave version out.'),
  relay_script_sections_missing: script('Add sections: with a main section to the script.'),
  relay_script_main_section_missing: script('Add a section named main: the script starts there.'),
  relay_script_section_code_missing: script('Give the section at least one step, or delete it.'),
  relay_script_section_parameter_undefined: script('Name a section of the same script, or give an http(s) URL.'),
  relay_script_element_undefined: script('Delete the key: a script has version and sections alone.'),
  relay_script_element_wrong_type: script('Write a list where a list is due and keys with values where keys are due.'),
  relay_script_element_invalid_value: script('Give the element a value that is allowed.'),
  relay_script_element_duplicated: script('Delete or rename one of the two.'),
  relay_script_method_missing_name: script('Name one method in each step, such as "- answer: {}".'),
  relay_script_method_undefined: script('Use one of the methods that the message lists.'),
  relay_script_method_parameter_missing: script('Give the method the parameter that the message names.'),
  relay_script_method_parameter_invalid_value: script('Give the parameter a value that the message allows.'),
  relay_script_method_parameter_undefined: script('Correct the name of the parameter, or delete it.'),
  relay_script_method_parameter_conflict: script('Keep one of the parameters that exclude each other.'),
  relay_script_method_no_matching_condition: script('Add a default to the switch.'),
  relay_script_method_execute_failed: script(
    'Look at the cause in the message and the log: the step itself is well written.',
  ),
  relay_script_js_eval_error: script('Correct the JavaScript expression; it may have 1,024 characters and run 150 ms.'),
  relay_script_nested_too_deep: script('Nest less: move inner steps to a section of their own and execute it.'),
  relay_script_too_many_transfers: script('Break the circle of transfers: a call may have 32.'),
  relay_script_internal_error: kind(
    'sipreel',
    500,
    500,
    false,
    'This is a fault of sipreel: please report it with the log lines of this call.',
  ),
  script_unreadable: kind(
    'outside',
    502,
    500,
    true,
    'Check that the file or the server behind the URL is there, may be read and answers in time with at most 1 MB.',
  ),

  part_missing: kind(
    'configuration',
    500,
    503,
    false,
    'Install what the message names: deploy/setup.sh installs the Debian packages and builds dist/.',
  ),
  part_failed: kind(
    'outside',
    500,
    503,
    true,
    "Read the program's own last lines in the message; log.level debug shows all that it says.",
  ),
  embedded_address_invalid: kind(
    'configuration',
    500,
    500,
    false,
    'Give --sip an address of this machine that callers reach and a port that no other program has; port 0 chooses one.',
  ),

  prompt_url_invalid: kind(
    'script',
    400,
    500,
    false,
    'Write silence:SECONDS, ring:[SECONDS:]COUNTRY, say:TEXT or an http or https URL.',
  ),
  prompt_parameter_invalid: kind(
    'script',
    400,
    500,
    false,
    'Correct the volume, say_language, say_voice or the length of the text in the script.',
  ),
  prompt_fetch_failed: kind(
    'outside',
    502,
    500,
    true,
    'Open the URL from this machine: it has to answer GET with a 2xx status, within the time-out.',
  ),
  prompt_too_large: kind('script', 413, 500, false, 'Offer a smaller file, or raise prompts.max_download.'),
  prompt_undecodable: kind(
    'script',
    415,
    500,
    false,
    'Offer an audio file that ffmpeg decodes: WAV, MP3, MP4, Ogg, FLAC.',
  ),
  prompt_say_failed: kind(
    'configuration',
    500,
    500,
    true,
    'Run prompts.say_command by hand with this language: it has to write audio to standard output.',
  ),
  prompt_file_failed: kind(
    'configuration',
    500,
    500,
    true,
    'Check that the folder for temporary files (TMPDIR) exists, may be written to and has room.',
  ),
  prompt_busy: kind('sipreel', 409, 500, false, 'Wait until the prompt that is playing has ended.'),
  prompt_endpoint_failed: kind(
    'configuration',
    500,
    500,
    true,
    'Check that media.address is an address of this machine and that the limit of open files is high enough.',
  ),
  prompt_endpoint_closed: kind('sipreel', 500, 500, false, 'The call has ended: nothing can be played on it any more.'),

  internal_error: kind(
    'sipreel',
    500,
    500,
    false,
    'This is a fault of sipreel: please report it with the log lines of this call.',
  ),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;
