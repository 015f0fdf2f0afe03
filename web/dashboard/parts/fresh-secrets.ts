/**
 * Secrets that were made a moment ago, by what they belong to: the screen that comes next shows them once. In memory alone;
 * the history of the browser would keep them over a reload.
 */
export const freshSecrets = new Map<string, string>();
