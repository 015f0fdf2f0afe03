/** The two calls that we make at Stripe, as its API reference describes them: refuses a wrong key and missing parameters. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StripeServer {
  url: string;
  key: string;
  /** Where the last link that it made leads back to. */
  backTo: string;
  close(): Promise<void>;
}

const checkoutNeeds = [
  'mode',
  'success_url',
  'cancel_url',
  'line_items[0][price]',
  'line_items[0][quantity]',
];
const portalNeeds = ['customer', 'return_url'];

export async function startStripe(): Promise<StripeServer> {
  const stripe: StripeServer = { url: '', key: 'sk_test_123', backTo: '', close: async () => {} };
  const answer = (request: http.IncomingMessage, form: URLSearchParams): [number, object] => {
    const refuse = (status: number, message: string): [number, object] => [status, { error: { message } }];
    if (request.headers.authorization !== `Bearer ${stripe.key}`)
      return refuse(401, 'Invalid API Key provided');
    if (request.headers['content-type'] !== 'application/x-www-form-urlencoded') return refuse(400, 'form');
    const isCheckout = request.url === '/v1/checkout/sessions';
    if (!isCheckout && request.url !== '/v1/billing_portal/sessions')
      return refuse(404, 'Unrecognized request URL');
    const missing = (isCheckout ? checkoutNeeds : portalNeeds).find((name) => !form.get(name));
    if (missing) return refuse(400, `Missing required param: ${missing}.`);
    stripe.backTo = form.get(isCheckout ? 'success_url' : 'return_url')!;
    const what = form.get(isCheckout ? 'line_items[0][price]' : 'customer');
    return [200, { url: `https://${isCheckout ? 'checkout' : 'portal'}.example/${what}` }];
  };
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const [status, body] = answer(request, new URLSearchParams(Buffer.concat(chunks).toString()));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stripe.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stripe.close = async () => {
    server.closeAllConnections();
    server.close();
  };
  return stripe;
}
