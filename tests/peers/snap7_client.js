// An S7 client made of snap7: snap7_client.js PORT. Commands: blocks, list KIND, info KIND NUMBER, clock, password TEXT; answers are JSON.
'use strict';
const snap7 = require('node-snap7');
const { serve } = require('./lines.js');

const client = new snap7.S7Client();
client.SetParam(client.RemotePort, Number(process.argv[2]));
if (!client.ConnectTo('127.0.0.1', 0, 1)) {
  console.error(client.ErrorText(client.LastError()));
  process.exit(1);
}
const told = (result) => {
  if (result === false) {
    throw new Error(client.ErrorText(client.LastError()));
  }
  return JSON.stringify(result);
};
serve(([verb, kind, number]) => {
  switch (verb) {
    case 'blocks': return told(client.ListBlocks());
    case 'list': return told(client.ListBlocksOfType(client[`Block_${kind}`]));
    case 'info': return told(client.GetAgBlockInfo(client[`Block_${kind}`], Number(number)));
    case 'clock': return told(client.GetPlcDateTime());
    case 'password': return told(client.SetSessionPassword(kind));
    case 'read': return told([...client.DBRead(1, 0, 2)]);
    default: throw new Error(`unknown command ${verb}`);
  }
});
console.log('READY');
