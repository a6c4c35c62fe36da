/**
 * Headers whose names stand in lower case, to be read by names in any case: SIP's have none (RFC 3261 §7.3.1). Lists and JSON of them
 * have the lower case.
 */
export const withAnyCase = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
  const stored = (name: string | symbol): string | symbol => (typeof name === 'string' ? name.toLowerCase() : name);
  return new Proxy(headers, {
    get: (target, name) => Reflect.get(target, stored(name)),
    has: (target, name) => Reflect.has(target, stored(name)),
    getOwnPropertyDescriptor: (target, name) => Reflect.getOwnPropertyDescriptor(target, stored(name)),
  });
};
