import fc from 'fast-check';

const value = fc.oneof(
  fc.constantFrom<unknown>(
    '',
    'a',
    'sub',
    'mp3',
    'speak',
    'say:x',
    'https://x.example/',
    '#',
    1,
    -1,
    0,
    true,
    null,
    'wav',
    'busy',
  ),
  fc.constantFrom(
    '${a}',
    '${a.b[0]}',
    '%{call.from}',
    'x ${vars.c} y',
    '${1 + 1}',
    '${a.b.c.d}',
    '${',
    'a == 1',
    'true',
  ),
);
const steps = fc.letrec<{ step: unknown; block: unknown[] }>((tie) => ({
  step: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('answer', 'hangup', 'play', 'record_call', 'stop_record_call', 'return', 'set', 'goto'),
    fc.record({ play: fc.oneof(value, fc.record({ url: value, loop: value }, { requiredKeys: ['url'] })) }),
    fc.record({
      record_call: fc.dictionary(
        fc.constantFrom('format', 'direction', 'control_id', 'beep', 'max_length', 'odd'),
        value,
      ),
    }),
    fc.record({ stop_record_call: value }),
    fc.record({ set: fc.dictionary(fc.constantFrom('a', 'a.b', 'c[1]', '__proto__.x', 'return_value'), value) }),
    fc.record({ unset: value }),
    fc.record({ label: fc.constantFrom('a', 'b', 'c') }),
    fc.record({
      goto: fc.oneof(
        value,
        fc.record({ label: fc.constantFrom('a', 'b'), when: value, max: value }, { requiredKeys: ['label'] }),
      ),
    }),
    fc.record({ return: value }),
    fc.record({ transfer: value }),
    fc.record({ sleep: fc.constantFrom(0, 1, -1, 'x') }),
    fc.record({
      execute: fc.record({ dest: value, on_return: tie('block'), params: value }, { requiredKeys: ['dest'] }),
    }),
    fc.record({
      // biome-ignore lint/suspicious/noThenProperty: the name is SWML's.
      cond: fc.array(fc.record({ when: value, then: tie('block'), else: tie('block') }, { requiredKeys: [] }), {
        maxLength: 3,
      }),
    }),
    fc.record({
      switch: fc.record(
        { variable: value, case: fc.dictionary(fc.constantFrom('1', 'a'), tie('block')), default: tie('block') },
        { requiredKeys: ['variable', 'case'] },
      ),
    }),
  ),
  block: fc.array(tie('step'), { maxLength: 5 }),
}));
/** Scripts of which some come to an end, some fail, and some are refused. */
export const anyScript = fc.record({ sections: fc.record({ main: steps.block, sub: steps.block }) });
