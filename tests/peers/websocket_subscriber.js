// Subscribes over WebSocket with the npm package mqtt: node websocket_subscriber.js PORT FILTER. Prints each topic.
'use strict';
const mqtt = require('mqtt');

const [port, filter] = process.argv.slice(2);
const client = mqtt.connect(`ws://127.0.0.1:${port}/mqtt`, { protocolVersion: 5 });
client.on('connect', () => client.subscribe(filter));
client.on('message', (topic, payload) => console.log(`${topic} ${payload}`));
client.on('error', (fault) => { console.error(fault); process.exit(1); });
process.stdin.on('end', () => process.exit(0)).resume();
