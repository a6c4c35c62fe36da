/** The methods of SWML's reference that sipreel does not have, and why; scripts that name them are refused. */
export const refusedMethods: ReadonlyMap<string, string> = new Map([
  ...['ai', 'ai_sidecar', 'amazon_bedrock'].map((name) => [name, 'no AI agents'] as const),
  ...['live_transcribe', 'live_translate', 'transcribe', 'transcribe_stop'].map(
    (name) => [name, 'no speech recognition'] as const,
  ),
  ...['join_conference', 'join_room', 'enter_queue'].map((name) => [name, 'no conferences and queues'] as const),
  ...['send_fax', 'receive_fax'].map((name) => [name, 'no fax'] as const),
  ...['send_sms'].map((name) => [name, 'no messages'] as const),
  ...['pay'].map((name) => [name, 'no payments'] as const),
  ...['detect_machine', 'denoise', 'stop_denoise'].map((name) => [name, 'no analysis of the sound'] as const),
  ...['stream', 'stop_stream'].map((name) => [name, 'no sound by WebSocket; tap sends it as RTP'] as const),
]);
