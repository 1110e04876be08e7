// An OPC UA server made of node-opcua: opcua_server.js [PORT] [secure DIRECTORY]; security None, or all policies with users (operator, secret). Namespace 'urn:plant', folder Line1 with Speed (Double), Count (Int32), Run (Boolean), Name (String).
// opcua_server.js PORT moved: the same variables under numeric node ids, behind another namespace.
// opcua_server.js PORT wide COUNT: beside it folder Hall with Unit0 and Unit1, each with COUNT variables V000 and on, and folder Odd with names that no topic can carry.
// Methods Add (two Doubles, their sum), Mix (of many types, told back as text) and Refuse; Speed has a history.
// Commands: set NAME VALUE, get NAME, count NAME FIRST LAST: one value after another, each for as long as several samplings of 50 ms take.
'use strict';
const { serve, freePort } = require('./lines.js');

(async () => {
  const { addAggregateSupport } = await import('node-opcua-aggregates');
  const { OPCUAServer, OPCUACertificateManager, Variant, DataType, StatusCodes, MessageSecurityMode, SecurityPolicy } = await import('node-opcua');
  const port = Number(process.argv[2] || 0) || await freePort();
  const secure = process.argv[3] === 'secure';
  const moved = process.argv[3] === 'moved';
  const wide = process.argv[3] === 'wide' ? Number(process.argv[4]) : 0;
  const store = (name) => new OPCUACertificateManager({ automaticallyAcceptUnknownCertificate: true, rootFolder: `${process.argv[4]}/${name}` });
  const security = secure ? {
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt],
    securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes128_Sha256_RsaOaep, SecurityPolicy.Aes256_Sha256_RsaPss],
    serverCertificateManager: store('server'),
    userCertificateManager: store('users'),
    userManager: { isValidUser: (name, password) => name === 'operator' && password === 'secret' },
  } : { securityModes: [MessageSecurityMode.None], securityPolicies: [SecurityPolicy.None] };
  const server = new OPCUAServer({
    hostname: '127.0.0.1',
    host: '127.0.0.1',
    port,
    resourcePath: '/plant',
    allowAnonymous: true,
    ...security,
    disableDiscovery: true,
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  if (moved) {
    space.registerNamespace('urn:before');
  }
  const plant = space.registerNamespace('urn:plant');
  let number = 5000;
  const line = plant.addFolder(space.rootFolder.objects, { browseName: 'Line1', nodeId: moved ? `i=${number++}` : 's=Line1' });
  const kinds = { Speed: [DataType.Double, 10.5, Number], Count: [DataType.Int32, 7, Number], Run: [DataType.Boolean, true, (t) => t === 'true'], Name: [DataType.String, 'filler', String] };
  const variables = {};
  for (const [name, [dataType, value]] of Object.entries(kinds)) {
    variables[name] = plant.addVariable({
      componentOf: line, browseName: name, nodeId: moved ? `i=${number++}` : `s=Line1.${name}`, dataType, minimumSamplingInterval: 10,
      accessLevel: 'CurrentRead | CurrentWrite', userAccessLevel: 'CurrentRead | CurrentWrite',
      value: new Variant({ dataType, value }),
    });
  }
  const real = (folder, browseName) => plant.addVariable({ componentOf: folder, browseName, nodeId: `s=${folder.browseName.name}.${browseName}`, dataType: DataType.Double, value: new Variant({ dataType: DataType.Double, value: 1.5 }) });
  if (wide > 0) {
    const hall = plant.addFolder(space.rootFolder.objects, { browseName: 'Hall', nodeId: 's=Hall' });
    for (const unit of ['Unit0', 'Unit1']) {
      const folder = plant.addFolder(hall, { browseName: unit, nodeId: `s=${unit}` });
      for (let at = 0; at < wide; at++) {
        real(folder, `V${String(at).padStart(3, '0')}`);
      }
    }
    const odd = plant.addFolder(hall, { browseName: 'Odd', nodeId: 's=Odd' });
    ['A+B#1', '<b>bold</b>', 'V000'].forEach((name) => real(odd, name));
  }
  const method = (browseName, inputs, outputs, act) => plant.addMethod(line, {
    browseName, nodeId: moved ? `i=${number++}` : `s=Line1.${browseName}`,
    inputArguments: inputs.map(([name, dataType, valueRank = -1]) => ({ name, description: { text: `the ${name}` }, dataType, valueRank })),
    outputArguments: outputs.map(([name, dataType]) => ({ name, description: { text: name }, dataType })),
  }).bindMethod((given, context, done) => done(null, act(given.map((g) => g.value))));
  method('Add', [['a', DataType.Double], ['b', DataType.Double]], [['sum', DataType.Double]],
    ([a, b]) => ({ statusCode: StatusCodes.Good, outputArguments: [{ dataType: DataType.Double, value: a + b }] }));
  method('Mix', [['count', DataType.UInt16], ['on', DataType.Boolean], ['name', DataType.String], ['at', DataType.DateTime], ['list', DataType.Int32, 1]], [['told', DataType.String]],
    (given) => ({ statusCode: StatusCodes.Good, outputArguments: [{ dataType: DataType.String, value: JSON.stringify(given, (_, v) => (ArrayBuffer.isView(v) ? [...v] : v)) }] }));
  method('Refuse', [], [], () => ({ statusCode: StatusCodes.BadInvalidState, outputArguments: [] }));
  addAggregateSupport(space);
  space.installHistoricalDataNode(variables.Speed, { maxOnlineValues: 5000 });
  await server.start();
  const set = (name, text) => variables[name].setValueFromSource(new Variant({ dataType: kinds[name][0], value: kinds[name][2](text) }), StatusCodes.Good, new Date());
  serve(async ([verb, name, text, last]) => {
    if (verb === 'get') {
      return variables[name].readValue().value.value;
    }
    if (verb !== 'count') {
      set(name, text);
      return 'ok';
    }
    for (let value = Number(text); value <= Number(last); value++) {
      set(name, value);
      // By this process's own timers, which go off in the order in which they are due: however slow it is, the samplings come first.
      for (let sampling = 0; sampling < 3; sampling++) {
        await new Promise((done) => setTimeout(done, 60));
      }
    }
    return 'ok';
  });
  console.log(`READY ${port}`);
})().catch((fault) => { console.error(fault); process.exit(1); });
