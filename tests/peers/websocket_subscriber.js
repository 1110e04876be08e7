// Subscribes over WebSocket with the npm package mqtt: node websocket_subscriber.js PORT FILTER [CA-FILE]. With a file of
// authorities it speaks TLS and trusts nobody else. Prints each message.
'use strict';
const fs = require('fs');
const mqtt = require('mqtt');

const [port, filter, authority] = process.argv.slice(2);
const secure = authority ? { ca: fs.readFileSync(authority), rejectUnauthorized: true } : {};
const client = mqtt.connect(`${authority ? 'wss' : 'ws'}://127.0.0.1:${port}/mqtt`, { protocolVersion: 5, ...secure });
client.on('connect', () => client.subscribe(filter));
client.on('message', (topic, payload) => console.log(`${topic} ${payload}`));
client.on('error', (fault) => { console.error(fault); process.exit(1); });
process.stdin.on('end', () => process.exit(0)).resume();
