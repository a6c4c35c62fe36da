/** RTP packets that rtpengine has received for a call, from its answer to delete or query; undefined if it does not say. */
export const receivedPackets = (reply: Readonly<Record<string, unknown>>): number | undefined => {
  const totals = reply.totals as { RTP?: { packets?: unknown } } | undefined;
  const packets = totals?.RTP?.packets;
  return typeof packets === 'number' ? packets : undefined;
};
