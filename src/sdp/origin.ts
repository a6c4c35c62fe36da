/** What one side says of its session in one dialog. */
export interface OwnSdp {
  /** The SDP as it is to be sent. */
  sending(sdp: string): string;
  /** What was sent last; undefined before. */
  last(): string | undefined;
}

/**
 * Gives all SDPs that one side sends in one dialog one origin (RFC 8866 §5.2), whose version goes up by one where the SDP
 * is another than the last (RFC 3264 §8): without that there are those who take no notice of it.
 */
export const createOwnSdp = (sessionId: number): OwnSdp => {
  let version = 0;
  let last: { readonly sdp: string; readonly rest: string } | undefined;
  return {
    sending(sdp) {
      const rest = sdp.replace(/^o=.*$/m, '');
      if (rest === last?.rest) return last.sdp;
      version += 1;
      const [, address = 'IN IP4 127.0.0.1'] = /^o=\S+ \S+ \S+ (\S+ \S+ \S+)/m.exec(sdp) ?? [];
      last = { rest, sdp: sdp.replace(/^o=.*$/m, `o=sipreel ${sessionId} ${version} ${address}`) };
      return last.sdp;
    },
    last: () => last?.sdp,
  };
};
