#!/usr/bin/env node
/* Plain JavaScript for any Node: says in one sentence when the Node is too old to run the rest. */
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `Apertur needs Node 22.18 or newer; this is Node ${process.versions.node}. Start it with "npm start", which brings its own Node.`,
  );
  process.exit(1);
}
// Files, name look-ups and password hashes share one pool of threads; four of them would wait for each other.
process.env.UV_THREADPOOL_SIZE ??= '16';
const { main } = await import('../src/main.ts');
await main(process.argv.slice(2));
