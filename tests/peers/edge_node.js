// A Sparkplug edge node made of sparkplug-client: node.js PORT GROUP NODE [GZIP|DEFLATE|writable]. Device 'press' with Temperature (Double), Count (Int32),
// Run (Boolean); 'writable' offers them for writing. Commands: set METRIC VALUE, get METRIC (the last value, also one that a DCMD brought).
'use strict';
const sparkplug = require('sparkplug-client');
const { serve } = require('./lines.js');

const [port, group, node, how] = process.argv.slice(2);
const options = how && how !== 'writable' ? { compress: true, algorithm: how } : undefined;
const metrics = {
  Temperature: { name: 'Temperature', type: 'Double', value: 21.5 },
  Count: { name: 'Count', type: 'Int32', value: -12 },
  Run: { name: 'Run', type: 'Boolean', value: true },
};
const client = sparkplug.newClient({
  serverUrl: `tcp://127.0.0.1:${port}`, username: '', password: '', groupId: group, edgeNode: node, clientId: `${group}-${node}`, version: 'spBv1.0',
});
const stamped = (list) => ({ timestamp: Date.now(), metrics: list.map((m) => ({ ...m, timestamp: Date.now() })) });
let ready = false;
client.on('birth', () => {
  client.publishNodeBirth(stamped([
    { name: 'Node Control/Rebirth', type: 'Boolean', value: false },
    { name: 'Properties/Vendor', type: 'String', value: 'peer' },
  ]), options);
  const offered = how === 'writable' ? { properties: { readOnly: { type: 'Boolean', value: false } } } : {};
  client.publishDeviceBirth('press', stamped(Object.values(metrics).map((m) => ({ ...m, ...offered }))), options);
  if (!ready) {
    ready = true;
    console.log('READY');
  }
});
client.on('dcmd', (device, payload) => {
  for (const metric of payload.metrics) {
    metrics[metric.name].value = metric.value;
  }
  client.publishDeviceData(device, stamped(payload.metrics.map((m) => metrics[m.name])));
});
client.on('error', (fault) => { console.error(fault); });
serve(([verb, name, text]) => {
  if (verb === 'get') {
    return metrics[name].value;
  }
  metrics[name].value = metrics[name].type === 'Boolean' ? text === 'true' : Number(text);
  client.publishDeviceData('press', stamped([metrics[name]]), options);
  return 'ok';
});
