// The npm package sparkplug-payload as a codec. 'encode' answers with the hex of a payload that holds every type it knows;
// 'decode HEX' answers with the payload as JSON (64-bit numbers as text, bytes as hex).
'use strict';
const { encodePayload, decodePayload } = require('sparkplug-payload').get('spBv1.0');
const Long = require('long');
const { serve } = require('./lines.js');

const at = 1486144502122;
const metric = (name, type, value, more) => ({ name, type, value, timestamp: at, ...more });
const payload = () => ({
  timestamp: at,
  seq: 7,
  uuid: 'a convention',
  body: new Uint8Array([1, 2, 3]),
  metrics: [
    metric('int8', 'Int8', -128),
    metric('int16', 'Int16', -32768),
    metric('int32', 'Int32', -2147483648),
    metric('int64', 'Int64', Long.fromString('-9223372036854775808')),
    metric('uint8', 'UInt8', 255),
    metric('uint16', 'UInt16', 65535),
    metric('uint32', 'UInt32', 4294967295),
    metric('uint64', 'UInt64', Long.fromString('18446744073709551615', true)),
    metric('float', 'Float', 1.5),
    metric('double', 'Double', -2.25),
    metric('boolean', 'Boolean', true),
    metric('string', 'String', 'Füllstand €'),
    metric('datetime', 'DateTime', at),
    metric('text', 'Text', 'long'),
    metric('uuid', 'UUID', '6f9619ff-8b86-d011-b42d-00cf4fc964ff'),
    metric('dataset', 'DataSet', { numOfColumns: 2, columns: ['a', 'b'], types: ['Double', 'String'], rows: [[1.5, 'x'], [2.5, 'y']] }),
    metric('bytes', 'Bytes', new Uint8Array([0, 1, 255])),
    metric('file', 'File', new Uint8Array([9]), { metadata: { fileName: 'f.bin', fileType: 'bin', size: 1, md5: 'm', isMultiPart: false, contentType: 'c', seq: 2, description: 'd' } }),
    metric('template', 'Template', { isDefinition: false, templateRef: 'Pump', version: '1', metrics: [metric('speed', 'Double', 3.5)], parameters: [{ name: 'site', type: 'String', value: 'north' }] }),
    metric('null', 'Int32', null),
    metric('marked', 'Double', 1, {
      alias: 5,
      isHistorical: true,
      isTransient: true,
      properties: {
        engUnit: { type: 'String', value: 'bar' },
        Quality: { type: 'Int32', value: 192 },
        inner: { type: 'PropertySet', value: { x: { type: 'Double', value: 4.5 } } },
        list: { type: 'PropertySetList', value: [{ y: { type: 'Boolean', value: true } }] },
      },
    }),
  ],
});

const shown = (_, value) => {
  if (value && value.low !== undefined && value.high !== undefined) {
    return Long.fromValue(value).toString();
  }
  if (value && value.type === 'Buffer') {
    return Buffer.from(value.data).toString('hex');
  }
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
};

console.log('READY');
serve(([verb, hex]) => (verb === 'encode' ? Buffer.from(encodePayload(payload())).toString('hex') : JSON.stringify(decodePayload(Buffer.from(hex, 'hex')), shown)));
