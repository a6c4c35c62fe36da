const general = `sipreel records calls on SIP trunks: SWML's record_call on drachtio, rtpengine, ffmpeg, BullMQ and Redis.

  sipreel demo                 calls itself, records the call, and shows what happens and where the file is
  sipreel serve --embedded --script FILE
                               a server on this machine with all its parts, that runs FILE for every call
  sipreel serve --config FILE  the server, with the drachtio-server, rtpengine and Redis of FILE
  sipreel lint FILE...         checks scripts and says what is wrong with them, line by line
  sipreel doctor               looks at all that a server needs, and says how to mend what is wrong
  sipreel encode SPOOL         makes the file of a captured recording by hand, of a running or broken one too
  sipreel inspect SPOOL        what was captured: packets, loss, jitter, codecs, digits, pauses, and a picture of the sound
  sipreel key create|list|revoke
                               keys of the HTTP API
  sipreel help COMMAND         more about a command
  sipreel version

Try: sipreel serve --embedded --script config/scripts/leave-message.yaml --sip 127.0.0.1:5060
and call sip:1000@127.0.0.1:5060 with a softphone.
`;

const serve = `sipreel serve: the server. It takes calls, runs their scripts, records, and serves the recordings.

  --config FILE       YAML; config/sipreel.yaml has every key with its default. Without it: the defaults
  --set KEY=VALUE     lays a value over the configuration, for example --set log.level=debug; can be repeated
  --role ROLE         all (default): switch and worker; switch: takes calls; worker: makes files, delivers events.
                      Switch and worker of one node share data.dir and node.id
  --embedded          starts its own redis-server, rtpengine and SIP edge on free ports of 127.0.0.1, and ends them.
                      With DRACHTIO_BIN=/path/to/drachtio it starts that server instead of the edge

Short cuts:
  --script FILE       runs this SWML document for every call (routes)
  --sip HOST:PORT     with --embedded: where calls are taken, UDP and TCP; port 0 picks a free one
  --http HOST:PORT    where recordings are served (http.listen); port 0 picks a free one
  --data DIR          where spools and recordings are kept (data.dir)
  --json              prints one line of JSON when it is ready to take calls:
                      {"ready":true,"sip":"127.0.0.1:5060","http":"http://127.0.0.1:8080"}

SIGTERM drains: new calls get 503, running ones end in their own time, for drain.limit at most. SIGINT, or a second
SIGTERM, ends calls at once, with every recording finished. Exit code 0 either way; 2 for a wrong configuration.
The log goes to standard error, one JSON object a line.
`;

const demo = `sipreel demo: one recorded call, from INVITE to file, on this machine.

It starts redis-server, rtpengine, the SIP edge, the switch and a worker on free ports of 127.0.0.1, lets SIPp call in
with a voice made by espeak-ng, runs config/scripts/leave-message.yaml, checks the file with ffprobe and by ear, and
ends with its path, URL, length and format. Exit code 0 only if the file is right. Nothing is left running.

  --data DIR          where its data goes; without it, a new folder below the system's temporary one
  --keep              leaves everything up afterwards and prints how to call it, until Ctrl-C
  --json              ends with one line of JSON:
                      {"call_id":...,"recordings":[{"control_id","recording_id","file","url","format","channels","duration_s"}]}
`;

const key = `sipreel key: keys of the HTTP API. Without any key it is open to its own machine, and listens nowhere else.

  sipreel key create --name NAME [--scopes SCOPES] [--expires 90d]
                      prints a new key, this once: it is kept as a hash. Send it as "Authorization: Bearer KEY"
                      SCOPES: read (default), control, audio, admin; several with commas between.
                      read: calls, recordings, events; control: start and stop; audio: hear recordings; admin: all of
                      it, and delete
  sipreel key list    all keys: id, scopes, when they were made and last used
  sipreel key revoke ID
                      makes a key worthless, within a second

  --config FILE       the configuration of the server: the keys are in its Redis (redis.url, redis.prefix)
  --set KEY=VALUE     lays a value over it, for example --set redis.url=redis://10.0.0.5:6379/0
  --embedded --data DIR
                      the keys of a server that was started with --embedded and this --data, whether or not it runs
  --json              one line of JSON
`;

const lint = `sipreel lint: checks SWML documents without a call.

  sipreel lint config/scripts/*.yaml         files; - is standard input
  sipreel lint --schema > swml.json          the JSON Schema (2020-12) of what sipreel takes, for editors and CI;
                                             a server has the same at GET /schema.json

It prints each finding like a compiler, with the line and what to do about it:

  greet.yaml:4:23: error: sections.main[0].record_call.format: "ogg" is not allowed: it must be wav, mp3 or mp4 [...]
  4 |     - record_call: { format: ogg }
    |                      ^
      Give the parameter a value that the message allows.

An error is what ends a call that gets there: broken YAML or JSON, unknown methods, parameters, labels and sections,
values that are not allowed, broken JavaScript. A warning is what can do nothing: unreachable_step, unused_label,
unused_section, no_effect. What depends on a variable, or on a server, is not judged.

  --strict            refuses what is sipreel's own, such as short forms: what passes runs wherever SWML runs.
                      Routes have the same: routes: [{ script: FILE, strict: true }]
  --json              one line of JSON: {"scripts","errors","warnings","findings":[{"severity","code","message",
                      "script","path","line","column","remedy"}]}

Exit code 0 without errors (warnings are none), 1 with errors or a file that cannot be read, 2 if the command line is wrong.
docs/04-swml.md has every method and every parameter.
`;

const doctor = `sipreel doctor: looks at all that a server needs, and says how to mend what is wrong.

  sipreel doctor --config FILE

It looks at Node.js, the configuration, ffmpeg and its encoders, Redis (version, memory, persistence, writing, clock), each
rtpengine and drachtio-server, the addresses for sound, the disk of the spools (room, speed), each store (a file is written, read
back and removed), the limit of open files, UDP sockets, keys and the certificate. Run it as the user that the server runs as,
on its machine; a server that runs is not touched.

  --config FILE       the configuration of the server
  --set KEY=VALUE     lays a value over it; can be repeated
  --data DIR          data.dir
  --json              one line of JSON: {"ok","failed","warned","findings":[{"check","status","found","remedy"}]}

Each line is ok, warn (may cost something some day) or fail (calls or recordings are lost by it). Exit code 0 without a fail, 1
with one, 2 if the command line is wrong.
`;

const spool = `
SPOOL is the directory of a recording: DATA/spool/RECORDING_ID, where DATA is data.dir of the server. It has one file of
packets for each direction (speak.rtp, listen.rtp) and journal.jsonl. It is there while the recording lasts and until its
file is verified; data.keep_spool keeps it. A recording's id alone will do with --data DATA (default: /var/lib/sipreel).
Spools are only read: whatever you do here, the recording goes on and its file is made.
`;

const encode = `sipreel encode: turns a spool into a file, at any time.

  sipreel encode SPOOL                     the file that the server would make, in this directory
  sipreel encode SPOOL --out talk.mp3      the format follows the name
  sipreel encode SPOOL --direction speak   what the party says alone

  --out FILE           default: RECORDING_ID.FORMAT in this directory
  --format FORMAT      wav, mp3 or mp4; default: by the name of --out, else the recording's own
  --direction DIR      speak, listen or both, as far as it was captured; default: the recording's own
  --stereo, --mono     both directions on two channels (speak is left) or mixed; default: the recording's own
  --force              overwrites FILE
  --data DATA          see below
  --json               prints {"file","format","channels","sample_rate","duration_s","size","complete","problems"}

A recording that still runs, or whose process died, gives the file up to its last packet: "complete" is false then. A damaged
spool gives what is left of it, and each problem is told on standard error. WAV needs no ffmpeg; MP3 and MP4 take the one of
FFMPEG_BIN, ffmpeg-static or PATH, and the default bit rate and quality. Exit code 0 if there is a file, 1 if not.
${spool}`;

const inspect = `sipreel inspect: what was captured of a recording, and how the network treated it.

  sipreel inspect SPOOL                    for people
  sipreel inspect SPOOL --json             for programs
  sipreel inspect SPOOL --pcap call.pcap   for Wireshark: see docs/14-spool.md

  --json               one object; times are seconds from the start of the recording
  --pcap FILE          writes the packets of both directions as UDP packets with their times of arrival
  --width COLUMNS      of the picture; default: the terminal's, 100 where there is none
  --force              overwrites FILE
  --data DATA          see below

The picture has two lines for each direction: how loud it is (a block for each column, from -60 dBFS up), and below it
  x  packets were lost          a digit   the party pressed that key (* as +)     .  the key is masked in the file
  -  nobody sent anything       s c       another SSRC, another codec             =  the recording was paused
${spool}`;

/** What --help prints for a command; the general help for none or an unknown one. */
export const helpFor = (topic: string): string =>
  ({ serve, demo, lint, doctor, encode, inspect, key })[topic] ?? general;
