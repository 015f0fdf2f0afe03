/** Sentences for people: a few of each sort, so that a thousand of one do not hide another. */
const ofEach = 3;

export function tellBroken(broken: readonly string[]): string[] {
  const sorts = Map.groupBy(broken, (sentence) => sentence.replace(/\w+_[0-9A-Z]{26}|\d+/g, '…'));
  return [...sorts.values()].flatMap((all) => [
    ...all.slice(0, ofEach),
    ...(all.length > ofEach ? [`… and ${all.length - ofEach} more of this sort`] : []),
  ]);
}
