/**
 * Wakes the collector of the browser. Much of what a page leaves behind lies outside of the heap that the collector watches:
 * Chromium's copy of each piece that was put into the database, what each look of the page was painted from. So it found no
 * reason to come, and five hundred photos filled 450 MB. A buffer's size it does count, touched or not; one that nobody
 * writes to takes addresses and no memory.
 */

/** Says that about so many bytes were left behind. */
export function leftBehind(bytes: number): void {
  // Where the build cannot see that nobody ever looks at it: it would leave it out.
  Reflect.set(globalThis, 'leftBehind', new ArrayBuffer(bytes));
}
