/** Begins the dashboard: language and appearance first, so that nothing flickers. */
import { MantineProvider } from '@mantine/core';
import { ModalsProvider } from '@mantine/modals';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { Fragment, StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '../shared/tokens.css';
import './dashboard.css';
import { queryClient } from './api/queries.ts';
import { LanguageContext } from './parts/language.ts';
import { router } from './router.tsx';
import { cssVariablesResolver, theme } from './theme.ts';
import { type Language, language, preferredLanguage, speak } from './words.ts';

const nonce = document.querySelector<HTMLMetaElement>('meta[name="apertur:nonce"]')?.content ?? '';
// What locks the page behind a dialog makes a style element; it looks for its nonce here.
(globalThis as { __webpack_nonce__?: string }).__webpack_nonce__ = nonce;

/** Our tokens know the scheme under another name than Mantine does. */
function followScheme(): void {
  const root = document.documentElement;
  const follow = () => {
    root.dataset.colorScheme = root.dataset.mantineColorScheme === 'dark' ? 'dark' : 'light';
  };
  new MutationObserver(follow).observe(root, { attributeFilter: ['data-mantine-color-scheme'] });
  follow();
}

function App() {
  const [spoken, setSpoken] = useState<Language>(language);
  const choose = async (wanted: Language) => {
    localStorage.setItem('apertur.language', wanted);
    await speak(wanted);
    setSpoken(wanted);
  };
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={queryClient}>
        <LanguageContext value={{ language: spoken, choose }}>
          {/* Another language draws everything anew. */}
          <Fragment key={spoken}>
            <ModalsProvider>
              <Notifications position="bottom-right" />
              <RouterProvider router={router} />
            </ModalsProvider>
          </Fragment>
        </LanguageContext>
      </QueryClientProvider>
    </MantineProvider>
  );
}

// The server was updated while this tab was open: its screens have other names now.
window.addEventListener('vite:preloadError', (event) => {
  const last = Number(sessionStorage.getItem('apertur.reloaded') ?? 0);
  if (Date.now() - last < 10_000) return;
  event.preventDefault();
  sessionStorage.setItem('apertur.reloaded', String(Date.now()));
  location.reload();
});

// The cookie lives on while somebody comes back.
void fetch('/api/auth/get-session', { credentials: 'same-origin' }).catch(() => undefined);

await speak(preferredLanguage());
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
followScheme();
