// A Sparkplug host application made of mqtt and sparkplug-payload: host.js PORT HOST [sloppy]. It says its STATE, defends it, and asks a node for a
// rebirth two seconds after a gap in seq. 'sloppy' breaks rules as hosts in the field do: will of QoS 0 that is not retained, a birth with a time of its
// own, no answer to a false death, none to a gap, no word before it leaves. Commands: asked (how many rebirths), stop (leaves).
'use strict';
const mqtt = require('mqtt');
const { encodePayload, decodePayload } = require('sparkplug-payload').get('spBv1.0');
const { serve } = require('./lines.js');

const [port, id, how] = process.argv.slice(2);
const sloppy = how === 'sloppy';
const topic = `spBv1.0/STATE/${id}`;
const born = Date.now();
const state = (online, timestamp) => JSON.stringify({ online, timestamp });
const strong = sloppy ? { qos: 0, retain: true } : { qos: 1, retain: true };
const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
  clientId: `host-${id}`, protocolVersion: 5, clean: true, reconnectPeriod: 0,
  will: { topic, payload: Buffer.from(state(false, born)), qos: sloppy ? 0 : 1, retain: !sloppy },
});
const expected = new Map();
const waiting = new Map();
let asked = 0;
let leaving = false;

const rebirth = (group, node) => {
  asked += 1;
  const metrics = [{ name: 'Node Control/Rebirth', type: 'Boolean', value: true, timestamp: Date.now() }];
  client.publish(`spBv1.0/${group}/NCMD/${node}`, Buffer.from(encodePayload({ timestamp: Date.now(), metrics })), { qos: 0 });
};

client.on('message', (on, bytes, packet) => {
  if (on === topic) {
    let said = {};
    try {
      said = JSON.parse(bytes.toString());
    } catch { /* Deleted, or no STATE. */ }
    if (said.online !== true && !leaving && !sloppy) {
      client.publish(topic, state(true, born), strong);
    }
    return;
  }
  const [, group, verb, node] = on.split('/');
  if (packet.retain || !['NBIRTH', 'DBIRTH', 'NDATA', 'DDATA', 'DDEATH'].includes(verb)) {
    return;
  }
  const seq = Number(decodePayload(bytes).seq);
  const key = `${group}/${node}`;
  if (verb === 'NBIRTH' || expected.get(key) === seq) {
    expected.set(key, (seq + 1) % 256);
    clearTimeout(waiting.get(key));
  } else if (expected.has(key) && !sloppy) {
    waiting.set(key, setTimeout(() => rebirth(group, node), 2000));
  }
});
client.on('connect', () => {
  const filters = sloppy ? ['spBv1.0/#'] : [topic, 'spBv1.0/#'];
  client.subscribe(filters, { qos: 1 }, () => {
    client.publish(topic, state(true, sloppy ? born + 7 : born), strong, () => console.log('READY'));
  });
});
client.on('error', (fault) => { console.error(fault); });
serve(([verb]) => {
  if (verb === 'asked') {
    return asked;
  }
  leaving = true;
  return new Promise((resolve) => {
    if (sloppy) {
      client.end(false, () => resolve('ok'));
    } else {
      client.publish(topic, state(false, Date.now()), strong, () => client.end(false, () => resolve('ok')));
    }
  });
});
