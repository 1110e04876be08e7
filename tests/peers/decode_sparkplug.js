// Turns lines 'TOPIC HEX' (mosquitto_sub -F '%t %x') into lines of JSON {topic, payload}, decoded by sparkplug-payload.
'use strict';
const readline = require('node:readline');
const { decodePayload } = require('sparkplug-payload').get('spBv1.0');

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const [topic, hex] = line.split(' ');
  if (topic.includes('/STATE/')) {
    return;
  }
  const payload = decodePayload(Buffer.from(hex, 'hex'));
  console.log(JSON.stringify({ topic, payload }, (_, value) => (typeof value === 'bigint' ? Number(value) : value && value.low !== undefined ? Number(value.toString()) : value)));
}).on('close', () => process.exit(0));
