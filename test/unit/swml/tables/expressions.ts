/** What expressions find. */
export const scopes = {
  vars: { total: 12.5, name: 'ann', items: ['a', 'b'], shared: 'var', Math2: 1, digits: '042' },
  envs: { key: 'k', shared: 'env' },
  call: { from: '+15551234567', type: 'SIP', shared: 'call' },
  params: { a: '2', b: 3 },
};

/** Expressions and their values. */
export const goodExpressions: readonly (readonly [expression: string, value: unknown])[] = [
  ['1 + 1', 2],
  ['call.from.substring(0, 5)', '+1555'],
  ['vars.total * 2', 25],
  ['total.toFixed(2)', '12.50'],
  ['parseInt(params.a) + parseInt(params.b)', 5],
  ['name.toUpperCase() + " " + vars.name', 'ANN ann'],
  ['shared', 'var'],
  ['key + envs.key', 'kk'],
  ['type == "SIP" ? "yes" : "no"', 'yes'],
  ['(items.length)', 2],
  ['items.map((x) => x + x)', ['aa', 'bb']],
  ['[1,2,3].reduce((a, b) => a + b, 0)', 6],
  ['({a: {b: 1}})', { a: { b: 1 } }],
  ['Math.max(1, 7)', 7],
  ['not_set', undefined],
  ['names', undefined],
  ['not_set == "1"', false],
  ['typeof process + typeof require + typeof globalThis.fetch', 'undefinedundefinedundefined'],
  ['true', true],
  ['null', null],
  ['0 / 0', 'NaN'],
  ['10n ** 20n', '100000000000000000000'],
  ['() => 1', undefined],
  ['1 // a comment', 1],
  ['"a" + `b${1 + 1}`', 'ab2'],
  ['/^\\d+$/.test(digits)', true],
  ['(function () { return this === undefined || typeof this })()', 'object'],
];

/** Expressions that are refused, and what is said of them. */
export const badExpressions: readonly (readonly [expression: string, reason: RegExp])[] = [
  ['1 +', /SyntaxError/],
  ['', /SyntaxError/],
  ['vars.a.b.c', /TypeError/],
  ['total = 1', /cannot set variables/],
  ['(() => { for (;;) {} })()', /longer than 150 ms/],
  ['(() => { while (true) { try { for (;;) {} } catch {} } })()', /longer than 150 ms/],
  ['/^(a+)+$/.test("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")', /longer than 150 ms/],
  ['"x".repeat(1e9)', /Error|memory/i],
  ['Array(1e9).fill(1).map(String).join()', /ms|memory|Error/i],
  ['(function f() { return f() })()', /overflow|recursion|stack/i],
  ['"x".repeat(300000)', /longer than 262144/],
  ['(() => { throw {message: "mine"} })()', /mine/],
  ['(() => { throw 5 })()', /5/],
  ['JSON.parse("{")', /SyntaxError/],
  ['new Proxy({}, {get() { throw new Error("odd") }})', /odd|Error/],
  [`"${'x'.repeat(1_100)}"`, /1102 characters; 1024 are allowed/],
  ['(() => { const a = {}; a.a = a; return a })()', /circular/i],
];
