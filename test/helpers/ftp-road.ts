/**
 * A fault proxy for FTP, whose photos travel on connections of their own. It stands at another address of this machine
 * and passes on the control port and every passive port, so a client that connects to the address of its control
 * connection (and not to one that the server names) goes through it with everything.
 */
import { createFaultProxy, type FaultProxy } from './fault-proxy.ts';
import type { Proftpd } from './proftpd.ts';

const host = '127.0.0.2';

export async function createFtpRoad(server: Proftpd, port: number = server.port): Promise<FaultProxy> {
  const { first, last } = server.passivePorts;
  const control = await createFaultProxy({ host: '127.0.0.1', port }, { host, port: 0 });
  const data = await Promise.all(
    Array.from({ length: last - first + 1 }, (_, at) =>
      createFaultProxy({ host: '127.0.0.1', port: first + at }, { host, port: first + at }),
    ),
  );
  const all = [control, ...data];
  return {
    host,
    port: control.port,
    /** Sessions; the connections of transfers are not counted. */
    get connections() {
      return control.connections;
    },
    get bytesUp() {
      return all.reduce((sum, proxy) => sum + proxy.bytesUp, 0);
    },
    set: (faults) => {
      for (const proxy of all) proxy.set(faults);
    },
    cut: () => {
      for (const proxy of all) proxy.cut();
    },
    close: async () => {
      await Promise.all(all.map((proxy) => proxy.close()));
    },
  };
}
