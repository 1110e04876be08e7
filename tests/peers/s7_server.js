// An S7 PLC made of snap7: DB1 with 256 bytes, merkers with 64, 32 timers and counters. Commands: set db1:OFFSET HEX, get db1:OFFSET:LENGTH; also m, t, c, i, q; passwords counts those given.
'use strict';
const snap7 = require('node-snap7');
const { serve, freePort } = require('./lines.js');

(async () => {
  const port = Number(process.argv[2] || 0) || await freePort();
  const server = new snap7.S7Server();
  const areas = { db1: [server.srvAreaDB, 1, 256], m: [server.srvAreaMK, 0, 64], t: [server.srvAreaTM, 0, 64], c: [server.srvAreaCT, 0, 64], i: [server.srvAreaPE, 0, 64], q: [server.srvAreaPA, 0, 64] };
  let passwords = 0;
  server.on('event', (event) => {
    passwords += event.EvtCode === server.evcSecurity ? 1 : 0;
  });
  for (const [, [area, index, size]] of Object.entries(areas)) {
    if (area === server.srvAreaDB) {
      server.RegisterArea(area, index, Buffer.alloc(size));
    } else {
      server.RegisterArea(area, Buffer.alloc(size));
    }
  }
  server.SetParam(server.LocalPort, port);
  if (!server.StartTo('127.0.0.1')) {
    throw new Error(server.ErrorText(server.LastError()));
  }
  const get = (area, index) => (area === server.srvAreaDB ? server.GetArea(area, index) : server.GetArea(area));
  const put = (area, index, bytes) => (area === server.srvAreaDB ? server.SetArea(area, index, bytes) : server.SetArea(area, bytes));
  serve(([verb, address, hex]) => {
    if (verb === 'passwords') {
      return passwords;
    }
    const [name, offset, length] = address.split(':');
    const [area, index] = areas[name];
    const bytes = Buffer.from(get(area, index));
    if (verb === 'get') {
      return bytes.subarray(Number(offset), Number(offset) + Number(length)).toString('hex');
    }
    Buffer.from(hex, 'hex').copy(bytes, Number(offset));
    put(area, index, bytes);
    return 'ok';
  });
  console.log(`READY ${port}`);
})();
