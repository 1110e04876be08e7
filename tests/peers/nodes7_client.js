// An S7 client made of nodes7: nodes7_client.js PORT. Commands: read ADDRESS, write ADDRESS VALUE, in nodes7's notation; answers are JSON.
'use strict';
const NodeS7 = require('nodes7');
const { serve } = require('./lines.js');

const client = new NodeS7({ silent: true });
client.initiateConnection({ host: '127.0.0.1', port: Number(process.argv[2]), rack: 0, slot: 1, timeout: 10000 }, (fault) => {
  if (fault) {
    console.error(fault);
    process.exit(1);
  }
  client.setTranslationCB((address) => address);
  serve(([verb, address, value]) => new Promise((resolve, reject) => {
    if (verb === 'write') {
      client.writeItems(address, JSON.parse(value), (bad) => (bad ? reject(new Error('bad quality')) : resolve('ok')));
      return;
    }
    client.addItems(address);
    client.readAllItems((bad, values) => {
      client.removeItems(address);
      return bad ? reject(new Error(`bad quality: ${JSON.stringify(values)}`)) : resolve(JSON.stringify(values[address]));
    });
  }));
  console.log('READY');
});
