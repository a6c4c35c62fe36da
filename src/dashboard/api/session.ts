const name = 'sipreel.key';

/** The key that this tab has signed in with; it is gone with the tab, and never stands in a URL. */
export const keptKey = (): string | undefined => sessionStorage.getItem(name) ?? undefined;

export const keepKey = (key: string | undefined): void => {
  if (key === undefined) sessionStorage.removeItem(name);
  else sessionStorage.setItem(name, key);
};
