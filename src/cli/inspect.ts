import { inspectionAsJson } from '../recorder/inspect/as-json.ts';
import { inspectionInWords } from '../recorder/inspect/in-words.ts';
import { inspectSpool } from '../recorder/inspect/inspect-spool.ts';
import { pictureOf, picturePartsOf } from '../recorder/inspect/picture.ts';
import { pcapPortOf, writePcap } from '../recorder/inspect/write-pcap.ts';
import { salvageSpool } from '../recorder/spool/salvage.ts';
import type { InspectArguments } from './arguments.ts';
import { findSpool } from './find-spool.ts';
import { writeOutput } from './output-file.ts';

/** Where the output is no terminal. */
const usualWidth = 100;

/** `sipreel inspect`: tells what was captured of a recording. Gives the exit code. */
export const inspect = async (given: InspectArguments): Promise<number> => {
  const dir = findSpool(given);
  const salvaged = await salvageSpool(dir);
  const width = given.width ?? process.stdout.columns ?? usualWidth;
  const inspection = await inspectSpool(dir, salvaged, picturePartsOf(width));
  const pcap = given.pcap === undefined ? undefined : await exportPcap(given.pcap, given, dir, inspection);
  if (given.json) {
    process.stdout.write(`${JSON.stringify({ spool: dir, ...inspectionAsJson(inspection), ...(pcap && { pcap }) })}\n`);
    return 0;
  }
  const lines = [...inspectionInWords(inspection), '', ...pictureOf(inspection, width)];
  if (pcap) {
    const ports = Object.entries(pcap.udp_ports).map(([track, port]) => `-d udp.port==${port},rtp (${track})`);
    lines.push('', `${pcap.packets} packets in ${pcap.file}: tshark -r FILE ${ports.join(' ')}`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
};

const exportPcap = async (
  file: string,
  { force }: InspectArguments,
  dir: string,
  { spool, tracks }: Awaited<ReturnType<typeof inspectSpool>>,
) => {
  const names = tracks.map(({ name }) => name);
  const opened = spool.entries.find((entry) => entry.event === 'opened');
  const startedAt = opened === undefined ? spool.record.start_time * 1000 : Date.parse(opened.at);
  let packets = 0;
  const path = await writeOutput(file, { force, spool: dir }, async (temporary) => {
    packets = await writePcap(temporary, dir, names, startedAt);
  });
  return { file: path, packets, udp_ports: Object.fromEntries(names.map((name) => [name, pcapPortOf(name)])) };
};
