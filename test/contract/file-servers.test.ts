/** File servers through the API (contract §6.1 to §6.3): aliases, masks, the connection test, a delivery, the host key. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startApacheDav } from '../helpers/apache-dav.ts';
import { eachApp, photoForm, until } from '../helpers/app.ts';
import { makeJpeg } from '../helpers/pictures.ts';
import { startSshd } from '../helpers/sshd.ts';

const mask = '••••••••';
// In threads, as an install has it: the host key is kept from there, and two of them share the destinations.
const settings = { ALLOW_PRIVATE_NETWORKS: '127.0.0.0/8', DELIVERY_THREADS: '2' };

eachApp('file servers', (start) => {
  test('sftp and ftps are stored as ftp with their protocol, nested and flat', async () => {
    const { call, project } = await start();
    const stem = `/projects/${project.id}/destinations`;
    const config = { host: 'files.example.com', username: 'photos', password: 'hunter22' };
    for (const [type, protocol] of [
      ['sftp', 'sftp'],
      ['ftps', 'ftps'],
      ['SFTP', 'sftp'],
      ['ftp', 'ftp'],
    ]) {
      for (const body of [
        { type, config },
        { type, ...config },
      ]) {
        const made = await call('POST', stem, { body });
        expect([made.status, made.body.type]).toEqual([201, 'ftp']);
        expect(made.body.config).toMatchObject({ protocol, host: config.host, password: mask });
      }
    }
    const byPort = await call('POST', stem, { body: { type: 'ftp', config: { ...config, port: 22 } } });
    expect(byPort.body.config.protocol).toBe('sftp');
    const wrong = await call('POST', stem, {
      body: { type: 'sftp', config: { ...config, private_key: 'x' } },
    });
    expect([wrong.status, wrong.body.message]).toEqual([400, expect.stringContaining('private_key')]);
  });

  test('a photo goes to an SFTP server, whose host key is kept', async () => {
    const { call, project } = await start({ settings });
    const server = await startSshd();
    onTestFinished(() => server.stop());
    const stem = `/projects/${project.id}/destinations`;
    const config = {
      host: '127.0.0.1',
      port: server.port,
      username: server.username,
      private_key: server.privateKey,
      remote_dir: 'claims',
    };
    const made = await call('POST', stem, { body: { type: 'sftp', name: 'Server', config } });
    const place = `${stem}/${made.body.id}`;
    expect(made.body.config).not.toHaveProperty('host_key');
    const session = await call('POST', '/upload-sessions', { body: { destination_ids: [made.body.id] } });
    const photo = await makeJpeg({ width: 40, height: 30 });
    const sent = await call('POST', `/upload/${session.body.id}/images`, {
      key: null,
      body: photoForm(photo),
    });
    expect(sent.status).toBe(201);
    const folder = path.join(server.home, 'claims', session.body.id);
    await until(() => existsSync(path.join(folder, '0.jpg')), 'the photo to arrive');
    expect(readFileSync(path.join(folder, '0.jpg')).equals(photo)).toBe(true);
    const kept = (await call('GET', place)).body;
    expect(kept.config.host_key).toBe(server.fingerprint);
    expect(kept.updatedAt).toBe(made.body.updatedAt);

    const tested = await call('POST', `${place}/test`);
    expect(tested.body).toMatchObject({ success: true });
    const wrong = `SHA256:${'A'.repeat(43)}`;
    await call('PATCH', place, { body: { config: { host_key: wrong, private_key: mask } } });
    const refused = await call('POST', `${place}/test`);
    expect(refused.body).toMatchObject({
      success: false,
      message: expect.stringContaining('another host key'),
    });
    expect((await call('GET', place)).body.config.host_key).toBe(wrong);
    await call('PATCH', place, { body: { config: { host_key: null } } });
    expect((await call('POST', `${place}/test`)).body.success).toBe(true);
    expect((await call('GET', place)).body.config.host_key).toBe(server.fingerprint);
  });

  test('one photo goes to several destinations at once, and one that refuses keeps none of the others', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'apertur-fan-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const { call, project } = await start({ settings: { ...settings, LOCAL_ROOTS: folder } });
    const [sshd, dav] = await Promise.all([startSshd(), startApacheDav()]);
    onTestFinished(async () => void (await Promise.all([sshd.stop(), dav.stop()])));
    const host = '127.0.0.1';
    const url = `http://${host}:${dav.port}/basic/`;
    const { name: username, password } = dav.user;
    const path_template = '{image_id}.{ext}';
    const bodies = [
      { type: 'local', path: folder, path_template },
      {
        type: 'sftp',
        host,
        port: sshd.port,
        username: sshd.username,
        private_key: sshd.privateKey,
        path_template,
      },
      { type: 'webdav', url, username, password, path_template },
      { type: 'webdav', url, username, password: 'not this', path_template, retry_schedule: [] },
    ];
    const ids: string[] = [];
    for (const body of bodies) {
      const made = await call('POST', `/projects/${project.id}/destinations`, { body });
      expect(made.status, JSON.stringify(made.body)).toBe(201);
      ids.push(made.body.id);
    }
    const key = await call('POST', `/projects/${project.id}/keys`, { body: { label: 'to all of them' } });
    await call('PUT', `/keys/${key.body.id}/destinations`, { body: { destination_ids: ids } });
    // Named by the session, and as the defaults of a key.
    const named = await call('POST', '/upload-sessions', { body: { destination_ids: ids } });
    const byDefault = await call('POST', '/upload-sessions', { key: key.body.plainTextKey });
    for (const session of [named.body, byDefault.body]) {
      expect(session.destinations.map(({ id }: { id: string }) => id)).toEqual(ids);
      const photo = await makeJpeg({ width: 50, height: 40 });
      const sent = await call('POST', `/upload/${session.id}/images`, { key: null, body: photoForm(photo) });
      const statuses = async (): Promise<string[]> => {
        const { body } = await call('GET', `/upload-sessions/${session.id}/delivery-status`);
        const found: { destination_id: string; status: string }[] = body.files[0]?.destinations ?? [];
        return ids.map((id) => found.find((item) => item.destination_id === id)?.status ?? 'none');
      };
      const wanted = ['sent', 'sent', 'sent', 'failed'];
      await until(async () => (await statuses()).join() === wanted.join(), 'all but one to be delivered');
      for (const place of [folder, sshd.home, dav.data]) {
        expect(readFileSync(path.join(place, `${sent.body.id}.jpg`)).equals(photo)).toBe(true);
      }
    }
  });
});
