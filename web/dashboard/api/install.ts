import { useQuery } from '@tanstack/react-query';
import { call } from './call.ts';

/** The shortest password that the server takes. */
export const passwordMin = 10;

export const useInstall = () =>
  useQuery({ queryKey: ['install'], queryFn: () => call('get', '/install'), staleTime: 60_000 }).data;
