/** `apertur health`: asks the process on this machine whether it lives. For containers, which need no curl then. */
import { request } from 'node:http';
import type { Config } from '../config.ts';

const patienceMs = 4_000;

/** Exit code 0 when it answers. Asks the operators' port where there is one: a worker has no other. */
export async function healthCommand(config: Pick<Config, 'host' | 'port' | 'metricsPort'>): Promise<number> {
  const port = config.metricsPort ?? config.port;
  const host = ['', '0.0.0.0', '::'].includes(config.host) ? '127.0.0.1' : config.host;
  const said = await ask(host, port);
  console.log(said === 200 ? 'Well.' : `Not well: ${said}.`);
  return said === 200 ? 0 : 1;
}

function ask(host: string, port: number): Promise<number | string> {
  return new Promise((resolve) => {
    const sent = request({ host, port, path: '/health', timeout: patienceMs }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.once('timeout', () => sent.destroy(new Error(`no answer within ${patienceMs / 1_000} s`)));
    sent.once('error', (error) => resolve(error.message));
    sent.end();
  });
}
