/**
 * Aptr Connect for a page of an app: one window in which a person agrees, one answer (contract §12).
 *
 *     <script src="https://photos.example/aptr-connect.js"></script>
 *     AptrConnect.init({ publicKey: 'aptr_pk_…' });
 *     AptrConnect.authorize({ scopes: ['upload:create'], redirectUri, onSuccess({ code, state }) {}, onError({ message }) {} });
 */

interface Init {
  publicKey: string;
  /** The server; the one that this script came from when absent. */
  baseUrl?: string;
}

interface Answer {
  code: string;
  state: string;
  /** With `pkce`: goes along to the token endpoint. */
  codeVerifier?: string;
}

interface Authorize {
  scopes?: string[] | string;
  redirectUri: string;
  state?: string;
  /** For apps without a secret: a verifier is made here and handed over with the code. */
  pkce?: boolean;
  /** When the app's own server made the verifier. */
  codeChallenge?: string;
  onSuccess?: (answer: Answer) => void;
  onError?: (error: { message: string; code: string; state?: string }) => void;
}

((page: Window & { AptrConnect?: unknown }) => {
  const source =
    document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : location.href;
  let settings: Init | undefined;

  const random = (): string => encode(crypto.getRandomValues(new Uint8Array(32)));
  const encode = (bytes: Uint8Array): string =>
    btoa(String.fromCharCode(...bytes))
      .replace(/\+/g, '-')
      .replace(/\//g, '_')
      .replace(/=+$/, '');
  const challengeOf = async (verifier: string): Promise<string> =>
    encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))));

  function init(given: Init): void {
    settings = given;
  }

  function authorize(options: Authorize): void {
    const fail = (code: string, message: string): void => options.onError?.({ message, code });
    if (!settings?.publicKey) {
      fail('not_initialised', 'Call AptrConnect.init({ publicKey }) first.');
      return;
    }
    const server = new URL(settings.baseUrl ?? source).origin;
    const state = options.state ?? random();
    // Before anything is awaited: browsers open a window only for a click that just happened.
    const opened = window.open('about:blank', 'aptr-connect', 'popup,width=480,height=720');
    if (!opened) {
      fail('popup_blocked', 'The browser blocked the window. Allow it, and try again.');
      return;
    }
    const verifier = options.pkce ? random() : undefined;
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: settings.publicKey,
      redirect_uri: options.redirectUri,
      scope: Array.isArray(options.scopes) ? options.scopes.join(' ') : (options.scopes ?? ''),
      state,
      origin: location.origin,
    });
    listen(opened, server, state, verifier, options);
    const go = (challenge: string | undefined): void => {
      if (challenge) {
        query.set('code_challenge', challenge);
        query.set('code_challenge_method', 'S256');
      }
      opened.location.href = `${server}/oauth/authorize?${query}`;
    };
    if (verifier) void challengeOf(verifier).then(go);
    else go(options.codeChallenge);
  }

  function listen(
    opened: Window,
    server: string,
    state: string,
    verifier: string | undefined,
    options: Authorize,
  ): void {
    const end = (): void => {
      clearInterval(watch);
      removeEventListener('message', hear);
    };
    const hear = (event: MessageEvent): void => {
      // Only our server's page, in the window that we opened, answering what we asked.
      const {
        type,
        code,
        error,
        error_description: text,
        state: told,
      } = (event.data ?? {}) as Record<string, string>;
      if (event.origin !== server || event.source !== opened || type !== 'aptr-connect') return;
      if (told !== state) return;
      end();
      opened.close();
      if (code) options.onSuccess?.({ code, state, ...(verifier ? { codeVerifier: verifier } : {}) });
      else
        options.onError?.({ message: text || error || 'It did not work.', code: error || 'unknown', state });
    };
    const watch = setInterval(() => {
      if (!opened.closed) return;
      end();
      options.onError?.({ message: 'The window was closed.', code: 'closed', state });
    }, 500);
    addEventListener('message', hear);
  }

  page.AptrConnect = { init, authorize };
})(window);
