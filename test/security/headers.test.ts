/** The headers that keep a browser from doing more than it should, on every kind of answer. */
import { expect, test } from 'vitest';
import { eachApp, photoForm } from '../helpers/app.ts';
import { makeJpeg } from '../helpers/pictures.ts';

eachApp('security headers', (start) => {
  test('every kind of answer says its type once and for all, and none says what we are made of', async () => {
    const app = await start({ settings: { METRICS: 'on' } });
    const { body: session } = await app.call('POST', '/upload-sessions', { body: {} });
    const { body: image } = await app.call('POST', `/upload/${session.uuid}/images`, {
      key: null,
      body: photoForm(await makeJpeg()),
    });
    const bearer = { authorization: `Bearer ${app.project.live}` };
    const kinds: Record<string, [string, RequestInit?]> = {
      'a page': [`/u/${session.uuid}`],
      'a page of nothing': ['/u/sess_nothing'],
      'the dashboard': ['/sign-in'],
      JSON: ['/api/v1/upload-sessions', { headers: bearer }],
      'a refusal': ['/api/v1/upload-sessions'],
      'an unknown path': ['/nothing/here'],
      'a wrong method': ['/api/v1/upload-sessions', { method: 'PUT', headers: bearer }],
      'broken JSON': [
        '/api/v1/upload-sessions',
        { method: 'POST', body: '{', headers: { ...bearer, 'content-type': 'application/json' } },
      ],
      'a photo': [`/api/v1/uploads/${image.id}/download`, { headers: bearer }],
      'a thumbnail': [`/api/v1/uploads/${image.id}/thumbnail`, { headers: bearer }],
      'a code': [`/api/v1/upload-sessions/${session.uuid}/qr`, { headers: bearer }],
      'the description': ['/openapi.json'],
      'the documentation': ['/docs'],
      health: ['/health'],
      metrics: ['/metrics'],
    };
    for (const [kind, [where, init]] of Object.entries(kinds)) {
      const answer = await fetch(`${app.origin}${where}`, init);
      expect(answer.headers.get('x-content-type-options'), kind).toBe('nosniff');
      expect(answer.headers.get('server'), kind).toBeNull();
      expect(answer.headers.get('x-powered-by'), kind).toBeNull();
      expect(answer.headers.get('content-type'), kind).not.toBeNull();
      const html = answer.headers.get('content-type')!.startsWith('text/html');
      if (html) expect(answer.headers.get('content-security-policy'), kind).toMatch(/script-src|default-src/);
      if (html)
        expect(answer.headers.get('content-security-policy'), kind).not.toMatch(/script-src[^;]*'unsafe/);
    }
    // Nobody puts a page around the buttons of the dashboard, or learns from it where a person came from.
    const { headers } = await fetch(`${app.origin}/sign-in`);
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    for (const where of ['download', 'thumbnail']) {
      const answer = await fetch(`${app.origin}/api/v1/uploads/${image.id}/${where}`, { headers: bearer });
      expect(answer.headers.get('content-security-policy')).toContain('sandbox');
    }
  });
});
