// An OPC UA client made of node-opcua: opcua_client.js DIRECTORY (of its certificates).
// Commands: connect URL POLICY MODE [USER PASSWORD], endpoints URL, servers URL, browse NODE [PER_ANSWER], path NAME/NAME…, attributes NODE, read NODE, write NODE TYPE VALUE,
// watch NODE [DEADBAND], last NODE, changes NODE, close. NODE is a node id; values are told as JSON.
'use strict';
const { serve } = require('./lines.js');

(async () => {
  const ua = await import('node-opcua');
  const { OPCUAClient, OPCUACertificateManager, MessageSecurityMode, SecurityPolicy, AttributeIds, DataType, UserTokenType, TimestampsToReturn, makeBrowsePath } = ua;
  const manager = new OPCUACertificateManager({ automaticallyAcceptUnknownCertificate: true, rootFolder: process.argv[2] });
  await manager.initialize();
  const strategy = { maxRetry: 0, initialDelay: 100, maxDelay: 200 };
  let client, session, subscription;
  const watched = new Map();
  const told = (value) => JSON.stringify({ value: value.value.value, type: DataType[value.value.dataType], status: value.statusCode.name, time: value.sourceTimestamp }, (_, v) => (ArrayBuffer.isView(v) ? [...v] : v));

  const commands = {
    async connect(url, policy, mode, userName, password) {
      client = OPCUAClient.create({
        securityMode: MessageSecurityMode[mode], securityPolicy: SecurityPolicy[policy], endpointMustExist: false, clientCertificateManager: manager,
        connectionStrategy: strategy, requestedSessionTimeout: 60000, keepSessionAlive: false,
      });
      try {
        await client.connect(url);
        session = await client.createSession(userName ? { type: UserTokenType.UserName, userName, password } : undefined);
      } catch (fault) {
        await client.disconnect();
        throw fault;
      }
      return 'ok';
    },
    async endpoints(url) {
      const asking = OPCUAClient.create({ endpointMustExist: false, connectionStrategy: strategy, clientCertificateManager: manager });
      await asking.connect(url);
      const found = await asking.getEndpoints();
      await asking.disconnect();
      return JSON.stringify(found.map((e) => `${MessageSecurityMode[e.securityMode]} ${e.securityPolicyUri.split('#')[1]} ${e.userIdentityTokens.map((t) => UserTokenType[t.tokenType]).join('+')}`));
    },
    async servers(url) {
      const asking = OPCUAClient.create({ endpointMustExist: false, connectionStrategy: strategy, clientCertificateManager: manager });
      await asking.connect(url);
      const found = await asking.findServers();
      await asking.disconnect();
      return JSON.stringify(found.map((s) => s.applicationUri));
    },
    async browse(nodeId, perAnswer) {
      session.requestedMaxReferencesPerNode = Number(perAnswer || 0);
      let result = await session.browse({ nodeId, browseDirection: 0, referenceTypeId: 'i=33', includeSubtypes: true, resultMask: 63 });
      if (result.statusCode.value !== 0) {
        return result.statusCode.name;
      }
      const found = [...result.references];
      let parts = 1;
      while (result.continuationPoint && result.continuationPoint.length) {
        result = await session.browseNext(result.continuationPoint, false);
        found.push(...result.references);
        parts++;
      }
      return JSON.stringify({ parts, count: found.length, names: found.slice(0, 50).map((r) => r.browseName.name), ids: found.slice(0, 50).map((r) => r.nodeId.toString()) });
    },
    async path(path) {
      const index = (await session.readNamespaceArray()).indexOf('urn:uns:tree');
      const at = makeBrowsePath('i=85', path.split('/').map((name) => `/${index}:${name}`).join(''));
      const result = await session.translateBrowsePath(at);
      return result.targets?.length ? result.targets[0].targetId.toString() : result.statusCode.name;
    },
    async attributes(nodeId) {
      const ids = [AttributeIds.NodeClass, AttributeIds.BrowseName, AttributeIds.DisplayName, AttributeIds.DataType, AttributeIds.ValueRank, AttributeIds.AccessLevel, AttributeIds.UserAccessLevel];
      const values = await session.read(ids.map((attributeId) => ({ nodeId, attributeId })));
      return JSON.stringify(values.map((v) => (v.statusCode.value ? v.statusCode.name : v.value.value?.toString())));
    },
    async read(nodeId) {
      return told(await session.read({ nodeId, attributeId: AttributeIds.Value }));
    },
    async write(nodeId, type, text) {
      const value = type === 'Boolean' ? text === 'true' : type === 'String' ? text : Number(text);
      return (await session.write({ nodeId, attributeId: AttributeIds.Value, value: { value: { dataType: DataType[type], value } } })).name;
    },
    async watch(nodeId, deadband) {
      subscription ??= await session.createSubscription2({
        requestedPublishingInterval: 50, requestedLifetimeCount: 600, requestedMaxKeepAliveCount: 10, maxNotificationsPerPublish: 0, publishingEnabled: true, priority: 1,
      });
      const filter = deadband ? new ua.DataChangeFilter({ trigger: ua.DataChangeTrigger.StatusValue, deadbandType: ua.DeadbandType.Absolute, deadbandValue: Number(deadband) }) : undefined;
      const item = await subscription.monitor({ nodeId, attributeId: AttributeIds.Value }, { samplingInterval: 50, queueSize: 50, discardOldest: true, filter }, TimestampsToReturn.Both);
      if (item.statusCode && item.statusCode.value !== 0) {
        return item.statusCode.name;
      }
      watched.set(nodeId, []);
      item.on('changed', (value) => watched.get(nodeId).push(told(value)));
      return 'ok';
    },
    async last(nodeId) {
      return watched.get(nodeId)?.at(-1) ?? 'none';
    },
    async changes(nodeId) {
      return `[${watched.get(nodeId) ?? ''}]`;
    },
    async close() {
      await subscription?.terminate();
      await session?.close();
      await client?.disconnect();
      subscription = session = client = undefined;
      watched.clear();
      return 'ok';
    },
  };

  serve(([verb, ...words]) => (commands[verb] ? commands[verb](...words.map(decodeURIComponent)) : `error unknown ${verb}`));
  console.log('READY');
})().catch((fault) => { console.error(fault); process.exit(1); });
