/** What it is, the parameters of record_call as they may be written, and what they mean beside the defaults. */
export const goodRecordings: readonly (readonly [what: string, written: string, meant: Record<string, unknown>])[] = [
  ['nothing', '{}', {}],
  [
    'every parameter',
    '{control_id: r1, stereo: true, format: mp4, direction: speak, terminators: "#*1a", beep: true, input_sensitivity: 12.5, initial_timeout: 4, end_silence_timeout: 1.5, max_length: 60, status_url: "https://u:p@s.example/x?y"}',
    {
      control_id: 'r1',
      stereo: true,
      format: 'mp4',
      direction: 'speak',
      terminators: '#*1A',
      beep: true,
      input_sensitivity: 12.5,
      initial_timeout: 4,
      end_silence_timeout: 1.5,
      max_length: 60,
      status_url: 'https://u:p@s.example/x?y',
    },
  ],
  [
    'text where numbers and yes or no are due',
    '{stereo: "true", beep: "False", input_sensitivity: "44.5", max_length: " 10 "}',
    { stereo: true, beep: false, input_sensitivity: 44.5, max_length: 10 },
  ],
  ['numbers where text is due', '{control_id: 7, terminators: 12}', { control_id: '7', terminators: '12' }],
  ['digits that begin with 0', '{terminators: 0123}', { terminators: '0123' }],
  ['the old name of listen', '{direction: hear}', { direction: 'listen' }],
  [
    'the limits',
    '{input_sensitivity: 0, initial_timeout: 2147483}',
    { input_sensitivity: 0, initial_timeout: 2_147_483 },
  ],
  ['the other limit', '{input_sensitivity: 100.0}', { input_sensitivity: 100 }],
  ['an odd control id', '{control_id: "../a b\\"ü/*"}', { control_id: '../a b"ü/*' }],
  [
    'variables',
    '{format: "${f}", stereo: "%{s}", max_length: "${m}", control_id: "a-${call.call_id}", beep: "${1 == 1}"}',
    { format: 'mp3', stereo: true, max_length: 5, control_id: 'a-call-1', beep: true },
  ],
  ['all of them as one variable', '${all}', { format: 'mp3', beep: true }],
];
