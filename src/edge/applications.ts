/** An application that is connected to the control port and has authenticated. */
export interface Application {
  /** Writes one payload, a byte string. */
  say(payload: string): void;
}

/** Which applications there are and which requests they want. */
export interface Applications {
  /** The application wants new requests with this verb, in lower case; asking twice changes nothing. */
  route(application: Application, verb: string): void;
  removeRoute(application: Application, verb: string): void;
  leave(application: Application): void;
  /** Whose turn it is to get a new request; undefined where nobody wants the verb. */
  choose(verb: string): Application | undefined;
}

/** Keeps the applications; those that want the same verb take turns. */
export function createApplications(): Applications {
  /** The next one's turn is the first. */
  const routes = new Map<string, Application[]>();

  function removeRoute(application: Application, verb: string): void {
    const left = routes.get(verb)?.filter((each) => each !== application) ?? [];
    if (left.length > 0) routes.set(verb, left);
    else routes.delete(verb);
  }

  return {
    route(application, verb) {
      const list = routes.get(verb) ?? [];
      if (!list.includes(application)) list.push(application);
      routes.set(verb, list);
    },
    removeRoute,
    leave(application) {
      for (const verb of [...routes.keys()]) removeRoute(application, verb);
    },
    choose(verb) {
      const list = routes.get(verb);
      const chosen = list?.shift();
      if (chosen !== undefined) list?.push(chosen);
      return chosen;
    },
  };
}
