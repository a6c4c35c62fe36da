import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'undici';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly sessionId?: string; readonly workerInfo?: { readonly url: string } };
}

/** The debugger of a process that was started with this --inspect-port, opened by SIGUSR1. */
const debuggerUrl = async (pid: number, port: number): Promise<string> => {
  process.kill(pid, 'SIGUSR1');
  for (const deadline = Date.now() + 5_000; ; await sleep(20)) {
    try {
      const [target] = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
        webSocketDebuggerUrl: string;
      }[];
      if (target !== undefined) return target.webSocketDebuggerUrl;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
};

/**
 * Ends one thread of a running Node.js process whose script has this name, without a word to the rest of it; resolves with
 * the Unix time. No signal can do that: a debugger tells the thread to exit.
 */
export const endThread = async (pid: number, port: number, script: RegExp): Promise<number> => {
  const socket = new WebSocket(await debuggerUrl(pid, port));
  const send = (id: number, method: string, params: object): void =>
    socket.send(JSON.stringify({ id, method, params }));
  try {
    return await new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no thread of ${script} was found`)), 5_000);
      socket.addEventListener('error', () => reject(new Error('the debugger does not answer')));
      socket.addEventListener('open', () => send(1, 'NodeWorker.enable', { waitForDebuggerOnStart: false }));
      socket.addEventListener('message', ({ data }) => {
        const { method, params } = JSON.parse(String(data)) as Message;
        if (method !== 'NodeWorker.attachedToWorker' || !script.test(params?.workerInfo?.url ?? '')) return;
        clearTimeout(timer);
        const message = JSON.stringify({
          id: 1,
          method: 'Runtime.evaluate',
          params: { expression: 'process.exit(1)' },
        });
        send(2, 'NodeWorker.sendMessageToWorker', { sessionId: params?.sessionId, message });
        resolve(Date.now() / 1000);
      });
    });
  } finally {
    // The message is on its way before the connection ends.
    await sleep(100);
    socket.close();
  }
};
