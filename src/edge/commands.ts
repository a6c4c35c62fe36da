import { timingSafeEqual } from 'node:crypto';
import { sendResponse } from './answer.ts';
import type { Application } from './applications.ts';
import { type ApplicationMessage, parseApplicationMessage } from './control/application-messages.ts';
import { serverMessages } from './control/server-messages.ts';
import { refuseCommand } from './deliver.ts';
import { PROTOCOL_VERSION } from './options.ts';
import { sendRequest } from './outgoing.ts';
import type { EdgeState } from './state.ts';

/** One connection to the control port. */
export interface ControlSession {
  /** Does what one payload says; false where the connection is to be closed. */
  handle(payload: string): boolean;
  /** Refuses a message whose payload was not read because it is too large; false where the connection is to be closed. */
  refuseOversized(head: string, bytes: number, maxBytes: number): boolean;
  isAuthenticated(): boolean;
}

/** Reads what an application says, after it has shown that it knows the secret. */
export function createControlSession(state: EdgeState, application: Application): ControlSession {
  const { ids, log, secret } = state.options;
  let authenticated = false;

  function no(id: string, reason: string): false {
    log.warning('an application is sent away', { reason });
    application.say(serverMessages.no(ids.uuid(), id, reason));
    return false;
  }

  function ok(id: string, ...more: string[]): true {
    application.say(serverMessages.ok(ids.uuid(), id, ...more));
    return true;
  }

  function execute(message: ApplicationMessage): boolean {
    const { id } = message;
    switch (message.type) {
      case 'authenticate': {
        if (!isSame(message.secret, secret)) return no(id, 'incorrect secret');
        authenticated = true;
        const hostports = state.network.hostports().join(',');
        return ok(id, hostports, PROTOCOL_VERSION, hostports);
      }
      case 'ping':
        return ok(id, 'pong');
      case 'unknown':
        log.warning('unknown message type', { type: message.name });
        return no(id, 'Unknown message type');
      case 'malformed':
        return no(id, 'Invalid message format');
      case 'route':
        state.applications.route(application, message.verb);
        return ok(id);
      case 'remove_route':
        state.applications.removeRoute(application, message.verb);
        return ok(id);
      case 'response':
        sendResponse(state, application, message);
        return true;
      case 'request':
        sendRequest(state, application, message);
        return true;
      case 'proxy':
        refuseCommand(state, application, id, 'the embedded edge does not proxy');
        return true;
    }
  }

  return {
    isAuthenticated: () => authenticated,
    handle(payload) {
      const message = parseApplicationMessage(payload);
      const allowed = authenticated || message.type === 'authenticate' || message.type === 'ping';
      return allowed ? execute(message) : no(message.id, 'not authenticated');
    },
    refuseOversized(head, bytes, maxBytes) {
      const { id } = parseApplicationMessage(head);
      if (!authenticated) return no(id, 'not authenticated');
      refuseCommand(state, application, id, `a message of ${bytes} bytes is too large: at most ${maxBytes}`);
      return true;
    },
  };
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one, 'latin1'), Buffer.from(other, 'utf8')];
  return a.length === b.length && timingSafeEqual(a, b);
}
