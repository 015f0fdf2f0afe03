import { createContext } from 'react';
import type { Language } from '../words.ts';

export const LanguageContext = createContext<{ language: Language; choose(language: Language): void }>({
  language: 'en',
  choose: () => {},
});
