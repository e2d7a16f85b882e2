// A server for the tests of a Node project, and organizations that keep tests apart. No packages are needed.

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** The server of `mock-ce exec -- COMMAND`, or one that is started here; `stop` ends only the latter. */
export const start = async () => {
  if (process.env.MOCK_CE_URL) return { url: process.env.MOCK_CE_URL, stop: () => {} };
  const server = spawn('mock-ce', ['serve', '--listen', '127.0.0.1:0', '--log', 'off'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [url] = await once(createInterface(server.stdout), 'line');
  return { url, stop: () => server.kill() };
};

/** An organization of its own: its test sees nothing of what other tests do. */
export const organization = (url) => {
  const secret = `test-${randomUUID()}`;
  /** Calls the control API for this organization alone: `admin('GET', '/requests')`. */
  const admin = async (method, path, body) => {
    const target = new URL(`/__admin${path}`, url);
    target.searchParams.set('organization', secret);
    const headers = { 'content-type': 'application/json' };
    const reply = await fetch(target, { method, headers, body: body && JSON.stringify(body) });
    if (!reply.ok) throw new Error(await reply.text());
    return reply.json();
  };
  return { url, secret, authorization: `User u, Organization ${secret}`, admin };
};
