/** Asking before something is destroyed, and telling what became of a change. */
import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { notifications } from '@mantine/notifications';
import { w } from '../words.ts';
import { sayProblem } from './page.tsx';

export function ask(question: {
  title: string;
  text: string;
  confirm: string;
  danger?: boolean;
  run: () => unknown;
}): void {
  modals.openConfirmModal({
    title: question.title,
    children: <Text size="sm">{question.text}</Text>,
    labels: { confirm: question.confirm, cancel: w.common.cancel },
    confirmProps: question.danger === false ? {} : { color: 'red' },
    closeButtonProps: { 'aria-label': w.common.close },
    onConfirm: () => void question.run(),
  });
}

export function tell(message: string): void {
  notifications.show({
    message,
    autoClose: 5_000,
    withBorder: true,
    closeButtonProps: { 'aria-label': w.common.close },
  });
}

/** A change that did not happen; it stays until it was read. */
export function tellProblem(error: unknown): void {
  notifications.show({
    color: 'red',
    title: w.problem.notChanged,
    message: sayProblem(error),
    autoClose: 15_000,
    withBorder: true,
    closeButtonProps: { 'aria-label': w.common.close },
  });
}
