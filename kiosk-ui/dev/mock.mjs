// A stand-in for the server while a screen is being drawn: serves dist/ with the
// example states, speaks just enough WebSocket, and answers the kiosk's calls as
// if a lock board were there. For development only; the real tests use pitlane.
//
//   npm run dev [port]

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import * as states from './states.mjs';

const dist = new URL('../dist/', import.meta.url);
const types = { html: 'text/html; charset=utf-8', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function start(port = 0) {
  const views = { kiosk: states.kiosk, board: states.board, bay: states.bay, desk: states.desk, office: states.office, live: states.live };
  const sockets = new Set();
  let n = 0;
  const message = (screen, full = true) => JSON.stringify({
    version: `mock-${n}`, now: new Date().toISOString(), as_of: states.asOf(), ...(full ? { view: views[screen] } : {}),
  });
  const set = (screen, view) => {
    views[screen] = { ...views[screen], ...view };
    n++;
    for (const s of sockets) if (s.screen === screen) send(s, message(screen));
  };

  const server = createServer(async (req, res) => {
    const path = new URL(req.url, 'http://x').pathname;
    if (req.method === 'POST') {
      let body = '';
      for await (const part of req) body += part;
      return answer(res, path, JSON.parse(body || '{}'), set, views);
    }
    if (path.startsWith('/api/v1/vehicles/')) return json(res, 200, states.vehicle);
    const job = new URL(req.url, 'http://x').searchParams.get('job');
    if (path === '/api/v1/desk/history') return json(res, 200, job === 'j10' ? states.erasedHistory : job === 'j9' ? states.history : { ...states.history, seals: 0, conflicts: [], entries: [] });
    if (path === '/api/v1/desk/receipt') return json(res, 200, { ...states.receipt, qr_svg: qr() });
    if (path === '/healthz') return res.end('ok');
    const name = path === '/' ? 'office.html' : path.startsWith('/assets/') ? path.slice(1) : `${path.slice(1)}.html`;
    try {
      let bytes = await readFile(new URL(name, dist));
      const type = types[name.split('.').pop()] ?? 'application/octet-stream';
      if (name.endsWith('.html')) {
        const state = message(name.replace('.html', '')).replaceAll('<', '\\u003c');
        bytes = bytes.toString().replace('<!--pitlane:state-->', `<script type="application/json" id="state">${state}</script>`);
      }
      res.writeHead(200, { 'Content-Type': type, 'Content-Security-Policy': policy, 'Cache-Control': 'no-store' });
      res.end(bytes);
    } catch {
      res.writeHead(404).end();
    }
  });

  server.on('upgrade', (req, socket) => {
    const key = req.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    socket.screen = new URL(req.url, 'http://x').searchParams.get('screen');
    socket.on('error', () => {});
    socket.on('data', () => {}); // a screen has nothing to say but its close
    socket.on('close', () => sockets.delete(socket));
    sockets.add(socket);
    send(socket, message(socket.screen));
  });
  const beat = setInterval(() => sockets.forEach((s) => send(s, message(s.screen, false))), 2000);

  return new Promise((ready) => server.listen(port, '127.0.0.1', () => ready({
    url: `http://127.0.0.1:${server.address().port}`,
    set,
    views,
    mute() { clearInterval(beat); sockets.forEach((s) => s.destroy()); server.removeAllListeners('upgrade'); },
    close() { clearInterval(beat); sockets.forEach((s) => s.destroy()); server.close(); server.closeAllConnections(); },
  })));
}

function send(socket, text) {
  const data = Buffer.from(text);
  const head = data.length < 126 ? Buffer.from([0x81, data.length])
    : data.length < 65536 ? Buffer.from([0x81, 126, data.length >> 8, data.length & 255])
      : Buffer.concat([Buffer.from([0x81, 127, 0, 0, 0, 0]), Buffer.from(Uint32Array.of(data.length).buffer).swap32()]);
  socket.write(Buffer.concat([head, data]));
}

function json(res, status, body) {
  res.writeHead(status, { 'Content-Type': 'application/json' });
  res.end(JSON.stringify(body));
}

const later = (ms, what) => setTimeout(what, ms);

function answer(res, path, body, set, views) {
  const session = (change) => set('kiosk', { session: { ...views.kiosk.session, ...change } });
  const call = path.replace('/api/v1/', '');
  if (call === 'checkin/open') {
    const order = { ...states.order, text_hash: createHash('sha256').update(states.order.text).digest('hex') };
    session({ job: 'j9', ticket: 'R-417', mode: 'checkin', step: 'sign' });
    return json(res, 200, { job: 'j9', ticket: 'R-417', order });
  }
  if (call === 'checkin/sign') return session({ step: 'key' }), json(res, 200, { job: 'j9', ticket: 'R-417' });
  if (call === 'checkin/key') {
    session({ step: 'opening', slot: 4, hook: 'closed', key: 'absent' });
    later(700, () => { session({ step: 'open', hook: 'open' }); json(res, 200, { slot: 4, outcome: 'opened' }); });
    later(2500, () => session({ key: 'present' }));
    later(4000, () => session({ hook: 'closed', step: 'done' }));
    return;
  }
  if (call === 'checkin/finish') return json(res, 200, { ticket: 'R-417', code: '40718253', promised: states.order.promised, qr_svg: qr() });
  if (call === 'pickup/open') {
    if (body.code === '00000000') return json(res, 404, { error: { kind: 'wrong_code', message: 'no such code', hint: '' } });
    return json(res, 200, { ...states.pickup, receipt: { qr_svg: qr() } });
  }
  if (call === 'pickup/key') {
    set('kiosk', { session: { job: 'j5', ticket: 'M-033', mode: 'pickup', step: 'opening', slot: 8, hook: 'closed', key: 'present' } });
    later(600, () => { session({ step: 'open', hook: 'open' }); json(res, 200, { slot: 8, outcome: 'opened' }); });
    later(2000, () => session({ key: 'absent' }));
    later(3500, () => session({ hook: 'closed', step: 'done' }));
    return;
  }
  if (call === 'kiosk/reset') return set('kiosk', { session: null }), json(res, 200, {});
  if (call === 'bay/live') return set('live', { on: body.on, error: undefined, why: body.on ? undefined : 'stopped' }), json(res, 200, {});
  if (call === 'desk/gatepass') return json(res, 200, { code: '7K2M-Q9XD' });
  return json(res, 200, {});
}

function qr() {
  let cells = '';
  for (let i = 0; i < 441; i++) if ((i * 7919 + ((i / 21) | 0) * 104729) % 5 < 2) cells += `M${i % 21} ${(i / 21) | 0}h1v1h-1z`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 25 25"><rect x="-2" y="-2" width="25" height="25" fill="#fff"/><path d="${cells}"/></svg>`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await start(Number(process.argv[2] ?? 8099));
  console.log(['kiosk', 'board', 'bay', 'desk', ''].map((s) => `${url}/${s}`).join('\n'));
}
