/** Loads one kind without the others, for a thread that needs no more. */
import type { DestinationKind } from './destination.ts';

/** By its canonical name: its folder is called so, and exports it. Throws when there is none. */
export async function loadKind(name: string): Promise<DestinationKind> {
  const folder = name.replaceAll('_', '-');
  const exported = (await import(`./${folder}/index.ts`)) as Record<string, unknown>;
  const kind = Object.values(exported).find(
    (value) => (value as Partial<DestinationKind> | null)?.kind === name,
  );
  if (!kind) throw new Error(`The folder ${folder} exports no kind ${name}`);
  return kind as DestinationKind;
}
