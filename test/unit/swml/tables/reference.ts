/** The methods of SWML's reference (November 2026) with the names of their parameters; without those of what is refused whole. */
export const swmlReference: Readonly<Record<string, readonly string[]>> = {
  answer: ['max_duration', 'codecs', 'username', 'password'],
  cond: ['when', 'then', 'else'],
  connect: [
    ...['to', 'serial', 'parallel', 'serial_parallel', 'from', 'from_name', 'headers', 'codecs', 'webrtc_media'],
    ...['session_timeout', 'ringback', 'result', 'timeout', 'max_duration', 'answer_on_bridge', 'confirm'],
    ...['confirm_timeout', 'encryption', 'call_state_url', 'call_state_events', 'transfer_after_bridge', 'status_url'],
    ...['username', 'password', 'name', 'codec', 'realtime', 'status_url_method', 'authorization_bearer_token'],
    'custom_parameters',
  ],
  execute: ['dest', 'params', 'meta', 'on_return', 'result'],
  goto: ['label', 'when', 'max'],
  hangup: ['reason'],
  label: ['label'],
  play: ['url', 'urls', 'volume', 'say_voice', 'say_language', 'say_gender', 'auto_answer', 'status_url'],
  prompt: [
    ...['play', 'volume', 'say_voice', 'say_language', 'say_gender', 'max_digits', 'terminators', 'digit_timeout'],
    ...['initial_timeout', 'speech_timeout', 'speech_end_timeout', 'speech_language', 'speech_hints', 'speech_engine'],
    'status_url',
  ],
  record: [
    ...['stereo', 'format', 'direction', 'terminators', 'beep', 'input_sensitivity', 'initial_timeout'],
    ...['end_silence_timeout', 'max_length', 'status_url'],
  ],
  record_call: [
    ...['control_id', 'stereo', 'format', 'direction', 'terminators', 'beep', 'input_sensitivity', 'initial_timeout'],
    ...['end_silence_timeout', 'max_length', 'status_url'],
  ],
  request: ['url', 'method', 'headers', 'body', 'timeout', 'connect_timeout', 'save_variables'],
  return: [],
  send_digits: ['digits'],
  set: [],
  sip_refer: ['to_uri', 'status_url', 'username', 'password'],
  sleep: ['duration'],
  stop_record_call: ['control_id'],
  stop_tap: ['control_id'],
  switch: ['variable', 'case', 'default'],
  tap: ['uri', 'control_id', 'direction', 'codec', 'rtp_ptime', 'status_url'],
  transfer: ['dest', 'params', 'meta'],
  unset: [],
  user_event: ['event'],
};

/** Methods of the reference for calls that sipreel does not have. */
export const swmlReferenceBeyond: readonly string[] = [
  ...['ai', 'ai_sidecar', 'amazon_bedrock', 'denoise', 'detect_machine', 'enter_queue', 'join_conference', 'join_room'],
  ...['live_transcribe', 'live_translate', 'pay', 'receive_fax', 'send_fax', 'send_sms', 'stop_denoise', 'stop_stream'],
  ...['stream', 'transcribe', 'transcribe_stop'],
];
