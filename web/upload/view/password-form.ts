import type { Speech } from '../words.ts';
import { h, setText } from './dom.ts';

export interface PasswordForm {
  readonly element: HTMLFormElement;
  focus(): void;
  /** What was wrong with the last try; empty for nothing. */
  setMessage(message: string): void;
  setBusy(busy: boolean): void;
}

export function createPasswordForm(speech: Speech, onPassword: (password: string) => void): PasswordForm {
  const field = h('input', {
    id: 'password',
    type: 'password',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    maxlength: 128,
    required: true,
    'aria-describedby': 'password-message',
  });
  const reveal = h('button', { type: 'button', class: 'reveal', 'aria-controls': 'password' });
  const message = h('p', { id: 'password-message', class: 'sentence', role: 'alert' });
  const submit = h('button', { type: 'submit', class: 'button primary' }, speech.say('passwordContinue'));
  const element = h(
    'form',
    { class: 'password', novalidate: true, hidden: true },
    h('label', { for: 'password' }, speech.say('passwordLabel')),
    h('div', { class: 'field' }, field, reveal),
    message,
    submit,
  );
  const setVisible = (visible: boolean): void => {
    field.type = visible ? 'text' : 'password';
    setText(reveal, speech.say(visible ? 'passwordHide' : 'passwordShow'));
  };
  setVisible(false);
  reveal.addEventListener('click', () => setVisible(field.type === 'password'));
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    if (field.value === '') field.focus();
    else if (!submit.hasAttribute('aria-disabled')) onPassword(field.value);
  });
  return {
    element,
    focus: () => field.focus(),
    setMessage(text) {
      setText(message, text);
      if (text === '') return field.removeAttribute('aria-invalid');
      field.setAttribute('aria-invalid', 'true');
      field.focus();
      field.select();
    },
    setBusy(busy) {
      if (busy) submit.setAttribute('aria-disabled', 'true');
      else submit.removeAttribute('aria-disabled');
    },
  };
}
