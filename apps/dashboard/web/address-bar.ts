/** Browsers ignore a page that changes its address too often (Chromium: more than 200 times in 10 seconds); a held key or a dragged slider would. */
const LEAST_MS = 100;

/** The page's own changes of its address. */
export interface AddressBar {
  /** Another entry of the history. */
  push(address: string): void;
  /** The entry that there is has another address, at once. */
  replace(address: string): void;
  /** The same, but soon where it has just been changed. */
  note(address: string): void;
  /** The browser went elsewhere: what was to be noted is of another entry. */
  left(): void;
}

export function createAddressBar(): AddressBar {
  let noted: { readonly address: string; readonly timer: ReturnType<typeof setTimeout> } | null = null;
  let last = Number.NEGATIVE_INFINITY;
  const left = () => {
    if (noted !== null) clearTimeout(noted.timer);
    noted = null;
  };
  const replace = (address: string) => {
    left();
    last = performance.now();
    history.replaceState(null, "", address);
  };
  return {
    left,
    replace,
    push(address) {
      if (noted !== null) replace(noted.address);
      history.pushState(null, "", address);
    },
    note(address) {
      left();
      const wait = last + LEAST_MS - performance.now();
      if (wait <= 0) replace(address);
      else noted = { address, timer: setTimeout(() => replace(address), wait) };
    },
  };
}
