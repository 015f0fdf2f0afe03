import type { BrowserContextOptions, Page } from 'playwright-core';

/** One picture in `docs/images/`. */
export interface Shot {
  name: string;
  /** Below the origin; a function makes first what is there. */
  path: string | (() => Promise<string>);
  signedIn?: boolean;
  options?: BrowserContextOptions;
  /** From the open page to what is shown. */
  arrive?(page: Page): Promise<void>;
}
