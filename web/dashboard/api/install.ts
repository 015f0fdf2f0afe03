import { useQuery } from '@tanstack/react-query';
import { call } from './call.ts';

export interface Install {
  needsOwner: boolean;
  openRegistration: boolean;
  /** Whether it can send mail; otherwise links are shown. */
  mail: boolean;
  signedIn: boolean;
}

/** The shortest password that the server takes. */
export const passwordMin = 10;

export const useInstall = (): Install | undefined =>
  useQuery({ queryKey: ['install'], queryFn: () => call<Install>('GET', '/install'), staleTime: 60_000 })
    .data;
