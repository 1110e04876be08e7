// An OPC UA server made of node-opcua: opcua_server.js [PORT] [secure DIRECTORY]; security None, or all policies with users (operator, secret). Namespace 'urn:plant', folder Line1 with Speed (Double), Count (Int32), Run (Boolean), Name (String).
// opcua_server.js PORT moved: the same variables under numeric node ids, behind another namespace.
// Commands: set NAME VALUE, get NAME.
'use strict';
const { serve, freePort } = require('./lines.js');

(async () => {
  const { OPCUAServer, OPCUACertificateManager, Variant, DataType, StatusCodes, MessageSecurityMode, SecurityPolicy } = await import('node-opcua');
  const port = Number(process.argv[2] || 0) || await freePort();
  const secure = process.argv[3] === 'secure';
  const moved = process.argv[3] === 'moved';
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
  await server.start();
  serve(([verb, name, text]) => {
    if (verb === 'get') {
      return variables[name].readValue().value.value;
    }
    variables[name].setValueFromSource(new Variant({ dataType: kinds[name][0], value: kinds[name][2](text) }), StatusCodes.Good, new Date());
    return 'ok';
  });
  console.log(`READY ${port}`);
})().catch((fault) => { console.error(fault); process.exit(1); });
