import '../shared/tokens.css';
import './page.css';
import { createEmbed } from './embed.ts';
import { loadSession } from './session.ts';
import { startVisit, type VisitOptions } from './visit.ts';
import { loadSpeech } from './words.ts';

/** The server writes into the shell which session this is, and chooses language and colours. */
async function start(): Promise<void> {
  const sessionId = readMeta('apertur:session');
  const link = readMeta('apertur:link') as VisitOptions['link'];
  const root = document.getElementById('page');
  if (root === null) return;
  const first = link === 'known' ? loadSession(sessionId, { first: true }) : new Promise<never>(() => {});
  const speech = await loadSpeech(document.documentElement.lang, navigator.languages);
  startVisit({ sessionId, link, root, speech, embed: createEmbed(window, sessionId), first });
}

function readMeta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? '';
}

void start();
