// A Modbus TCP device made of jsmodbus. Commands: set hr:N VALUE, get hr:N, set co:N 0|1, get co:N; zero-based, as on the wire.
'use strict';
const net = require('node:net');
const modbus = require('jsmodbus');
const { serve, freePort } = require('./lines.js');

(async () => {
  const port = Number(process.argv[2] || 0) || await freePort();
  const listener = new net.Server();
  const holding = Buffer.alloc(2000);
  const coils = Buffer.alloc(200);
  new modbus.server.TCP(listener, { holding, coils, input: Buffer.alloc(2000), discrete: Buffer.alloc(200) });
  listener.listen(port, '127.0.0.1', () => console.log(`READY ${port}`));
  serve(([verb, place, value]) => {
    const [table, text] = place.split(':');
    const at = Number(text);
    if (table === 'hr') {
      return verb === 'get' ? holding.readUInt16BE(at * 2) : (holding.writeUInt16BE(Number(value), at * 2), 'ok');
    }
    const [byte, bit] = [at >> 3, 1 << (at & 7)];
    if (verb === 'get') {
      return (coils[byte] & bit) ? 1 : 0;
    }
    coils[byte] = value === '1' ? coils[byte] | bit : coils[byte] & ~bit;
    return 'ok';
  });
})().catch((fault) => { console.error(fault); process.exit(1); });
