// A test for vitest; jest has `test` and `expect` without the import.

import { expect, test } from 'vitest';

import { organization } from './mock-ce.mjs';

test('an element that nobody knows is refused', async () => {
  const ce = organization(process.env.MOCK_CE_URL);
  const headers = { 'content-type': 'application/json', authorization: ce.authorization };
  const body = JSON.stringify({ element: { key: 'mailjett' }, name: 'Test' });
  const reply = await fetch(`${ce.url}/instances`, { method: 'POST', headers, body });
  expect(reply.status).toBe(404);
  expect((await reply.json()).message).toContain('mailjet');
});
