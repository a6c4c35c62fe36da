import { errorKinds } from './registry.ts';

/** docs/24-errors.md: every code of the registry with what follows from it. */
export const errorsDocument = (): string => {
  const rows = Object.entries(errorKinds)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { fault, http, sip, retryable, remedy }]) => {
      return `| \`${code}\` | ${fault} | ${http} | ${sip} | ${retryable ? 'yes' : 'no'} | ${remedy.replaceAll('|', '\\|')} |`;
    });
  return `# Errors

Every error has a code; the same code and the same words stand in the log, in API answers, in status events and in the
SIP response. The message with the value at fault is made where the error happens. This page is written by \`npm run docs\`.

| code | whose fault | HTTP | SIP | worth a retry | what to do |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
};
