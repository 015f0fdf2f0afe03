/**
 * Loaded into the product before it starts (`node --import`): makes its clock jump and its disk slow. What holds is
 * written in the file that FAULT_WEATHER names, and read again at each SIGUSR2.
 */
import { readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface Weather {
  /** Added to the clock. */
  clockMs: number;
  /** How much longer each sync of a file takes. */
  syncMs: number;
}

let weather: Weather = { clockMs: 0, syncMs: 0 };

function look(): void {
  weather = JSON.parse(readFileSync(process.env.FAULT_WEATHER!, 'utf8'));
}

process.on('SIGUSR2', look);
look();

const now = Date.now;
Date.now = () => now() + weather.clockMs;

const file = await open(fileURLToPath(import.meta.url));
const prototype: FileHandle = Object.getPrototypeOf(file);
await file.close();
for (const name of ['sync', 'datasync'] as const) {
  const original = prototype[name];
  prototype[name] = async function slow(this: FileHandle): Promise<void> {
    if (weather.syncMs > 0) await pause(weather.syncMs);
    return original.call(this);
  };
}
