#!/usr/bin/env node
/* Plain JavaScript for any Node: says in one sentence when the Node is too old to run the rest. */
import { setFlagsFromString } from 'node:v8';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `Apertur needs Node 22.18 or newer; this is Node ${process.versions.node}. Start it with "npm start", which brings its own Node.`,
  );
  process.exit(1);
}
// Files, name look-ups and password hashes share one pool of threads; four of them would wait for each other.
process.env.UV_THREADPOOL_SIZE ??= '16';
// Photos pass in buffers outside of the heap. By themselves each 32 MB of those make the collector walk the whole heap, which
// was half of the processor time of a delivery; counted into one limit with the heap, they rarely do.
if (major >= 24) setFlagsFromString('--external-memory-accounted-in-global-limit');
// The heap of a thread that carries photos is small, and the buffers of a few of them beside it would make the collector walk it
// all every eight photos, a third of their processor time: it begins to look at this size. For threads that start from now on.
if (major >= 24) setFlagsFromString('--initial-old-space-size=64');
const { main } = await import('../src/main.ts');
await main(process.argv.slice(2));
