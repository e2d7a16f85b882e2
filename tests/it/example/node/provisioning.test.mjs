// Tests of a provisioning client with Node's own runner. Run them with `node --test`.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { organization, start } from './mock-ce.mjs';

let server;
let ce;
before(async () => { server = await start(); });
after(() => server.stop());
beforeEach(() => { ce = organization(server.url); });

/** Stands for your own client, which takes the URL and the credentials as settings. */
const ask = (method, path, body) => fetch(ce.url + path, {
  method, body: body && JSON.stringify(body), headers: { 'content-type': 'application/json', authorization: ce.authorization },
});

const mailjet = { element: { key: 'mailjet' }, name: 'Test', configuration: { 'mailjet.api.key': 'k', 'mailjet.api.secret': 's' } };

test('an instance is provisioned and deleted', async () => {
  const instance = await (await ask('POST', '/instances', mailjet)).json();
  assert.equal(instance.id, 1234);
  assert.equal((await ask('DELETE', `/instances/${instance.id}`)).status, 200);
  const { requests } = await ce.admin('GET', '/requests');
  assert.deepEqual(requests.map((one) => one.rule), ['create', 'instance-delete']);
});

test('a creation is refused on order', async () => {
  await ce.admin('POST', '/script', { match: { method: 'POST' }, when: { first: 1 }, effect: { status: 503 } });
  assert.equal((await ask('POST', '/instances', mailjet)).status, 503);
});
