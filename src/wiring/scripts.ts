import type { Closers } from '../closers.ts';
import { ffmpegOptionsOf } from '../config/follows.ts';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../log.ts';
import { createOutboundDispatcher, hostPortOf } from '../net/address-guard.ts';
import { resolveFfmpeg } from '../recorder/encode/ffmpeg-binary.ts';
import { parseEntry } from '../switch/media/prompt/entry.ts';
import { createPrompts } from '../switch/media/prompt/prompts.ts';
import { createScriptHttp } from '../switch/swml/script-http.ts';
import { createScriptParser } from '../switch/swml/script-parser.ts';
import { createScriptSource } from '../switch/swml/script-source.ts';
import { createScriptThreads } from '../switch/swml/thread/script-threads.ts';

/** What scripts run with: where they come from, what they may fetch, and what they can play. */
export const wireScripts = async (config: Config, publicUrl: string, log: Logger, closers: Closers) => {
  const { ffmpeg } = await resolveFfmpeg(ffmpegOptionsOf(config));
  const dispatcher = closers.add(
    createOutboundDispatcher({
      allowPrivate: config.http_out.allow_private,
      // Scripts play record_call_url, which is this very server.
      allowHosts: [...config.http_out.allow_hosts, hostPortOf(new URL(publicUrl))],
    }),
    (part) => part.destroy(),
  );
  const prompts = createPrompts({
    ffmpeg,
    say: { command: config.prompts.say_command },
    http: { dispatcher, maxBytes: config.prompts.max_download },
  });
  const scriptHttp = createScriptHttp(dispatcher);
  const expressions = closers.add(createScriptThreads({ log }), (part) => part.close());
  expressions.start();
  const parseScript = createScriptParser({ read: expressions.read });
  const scripts = createScriptSource(scriptHttp, {
    signingKey: config.notify.signing_key,
    envs: config.scripts.envs,
    timeoutMs: config.scripts.timeout,
    parse: parseScript,
  });
  const ringing = `ring:${config.prompts.ringing}`;
  parseEntry(ringing); // A country without a tone is told at the start, not in a call.
  return { prompts, scripts, scriptHttp, expressions, parseScript, ringing };
};
