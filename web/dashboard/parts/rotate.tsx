/** A new secret, and for how long the old one goes on signing beside it. */
import { Button, NumberInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState } from 'react';
import { w } from '../words.ts';
import { submits } from './door.tsx';

interface Question {
  title: string;
  text: string;
  confirm: string;
  run: (overlapDays: number) => unknown;
}

export function askRotate(question: Question): void {
  modals.open({
    modalId: 'rotate',
    title: question.title,
    closeButtonProps: { 'aria-label': w.common.close },
    children: <Rotate {...question} />,
  });
}

function Rotate({ text, confirm, run }: Question) {
  const [days, setDays] = useState<number | string>(1);
  const submit = () => {
    modals.close('rotate');
    void run(Number(days) || 0);
  };
  return (
    <form className="stack" onSubmit={submits(submit)}>
      <p>{text}</p>
      <NumberInput
        label={w.webhooks.overlap}
        min={0}
        max={7}
        clampBehavior="strict"
        allowDecimal={false}
        value={days}
        onChange={setDays}
        data-autofocus
      />
      <div className="form-actions">
        <Button type="submit">{confirm}</Button>
      </div>
    </form>
  );
}
