/** Contract §9.6 over the wire: Odoo is told of each photo, and fetches it from the app without a credential. */
import { expect, onTestFinished, test } from 'vitest';
import { eachApp, photoForm, until } from '../helpers/app.ts';
import { startOdooServer } from '../helpers/odoo-server.ts';
import { makeJpeg } from '../helpers/pictures.ts';

eachApp('odoo', (start) => {
  test('§17.46 a photo reaches Odoo once, also after an error; an acknowledged one is never repeated', async () => {
    const app = await start();
    const odoo = await startOdooServer(() => app.project.webhookSecret);
    onTestFinished(() => odoo.close());
    const stem = `/projects/${app.project.id}/destinations`;
    const made = await app.call('POST', stem, { body: { type: 'odoo', url: odoo.url } });
    expect(made.status).toBe(201);
    const odooEntity = { model: 'res.partner', res_id: 42, mode: 'internal' };
    const session = await app.call('POST', '/upload-sessions', {
      body: {
        destination_ids: [made.body.id],
        tags: ['odoo:res.partner:42'],
        metadata: { odoo: odooEntity },
      },
    });
    const photo = await makeJpeg({ bytes: 40_000 });
    odoo.answerNext({ body: { jsonrpc: '2.0', result: { status: 'error', message: 'busy' } } });
    const uploads = [1, 2, 3].map(() =>
      app.call('POST', `/upload/${session.body.uuid}/images`, { body: photoForm(photo), key: null }),
    );
    for (const upload of await Promise.all(uploads)) expect(upload.status).toBe(201);
    await until(async () => {
      const rows = await app.db.read.selectFrom('deliveries').select('status').execute();
      return rows.every(({ status }) => status === 'sent');
    }, 'all to be sent');
    expect(odoo.calls).toBe(4);
    expect(odoo.messages).toHaveLength(3);
    expect(new Set(odoo.messages.map(({ data }) => data.id)).size).toBe(3);
    for (const message of odoo.messages) {
      expect(message.photo.equals(photo)).toBe(true);
      expect(message.data).toMatchObject({
        tags: ['odoo:res.partner:42'],
        metadata: { odoo: odooEntity },
        session_id: session.body.uuid,
      });
    }
    const tested = await app.call('POST', `${stem}/${made.body.id}/test`);
    expect(tested.body.success, JSON.stringify(tested.body)).toBe(true);
    expect(odoo.messages).toHaveLength(3);
  });
});
