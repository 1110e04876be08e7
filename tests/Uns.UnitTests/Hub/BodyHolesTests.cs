using System.Text.Json;
using Uns.Alarms;
using Uns.Connectors;
using Uns.Hub.Api;
using Uns.Hub.Settings;
using Uns.Tree;
using Uns.Ui.Changes;

namespace Uns.UnitTests.Hub;

/// <summary>Where null stands in a body and must not.</summary>
public sealed class BodyHolesTests
{
    [Theory]
    [InlineData(typeof(DeviceOptions), """{ "name": "a", "tags": [{ "name": "x" }] }""", null)]
    [InlineData(typeof(DeviceOptions), """{ "name": null }""", "name")]
    [InlineData(typeof(DeviceOptions), """{ "protocol": null }""", "protocol")]
    [InlineData(typeof(DeviceOptions), """{ "settings": null }""", "settings")]
    [InlineData(typeof(DeviceOptions), """{ "settings": { "Host": null, "Deep": { "x": [null] } } }""", null)]
    [InlineData(typeof(DeviceOptions), """{ "tags": null }""", "tags")]
    [InlineData(typeof(DeviceOptions), """{ "tags": [{ "name": "x" }, null] }""", "tags[1]")]
    [InlineData(typeof(DeviceOptions), """{ "tags": [{ "name": "x", "low": null, "unit": null }] }""", "tags[0].unit")]
    [InlineData(typeof(AlarmRule), """{ "name": "a", "path": null }""", "path")]
    [InlineData(typeof(PlantChange), """{ "mapping": null, "devices": [] }""", null)]
    [InlineData(typeof(PlantChange), """{ "alarms": [null] }""", "alarms[0]")]
    [InlineData(typeof(PlantChange), """{ "devices": [{ "name": "a" }, { "name": "b", "tags": [{ "name": null }] }] }""", "devices[1].tags[0].name")]
    [InlineData(typeof(PlantChange), """{ "removedDevices": [null] }""", "removedDevices[0]")]
    [InlineData(typeof(PlantChange), """{ "mapping": [{ "group": null }] }""", "mapping[0].group")]
    [InlineData(typeof(PlantChange), """{ "mapping": [{ "from": null, "until": null }] }""", null)]
    [InlineData(typeof(IReadOnlyList<EquipmentRule>), """[{ "device": "a" }, null]""", "row[1]")]
    [InlineData(typeof(IReadOnlyList<EquipmentRule>), "[]", null)]
    public void A_hole_is_found_and_named(Type type, string body, string? hole) => Assert.Equal(hole, BodyHoles.Find(JsonSerializer.Deserialize(body, type, HubJson.Options)!));
}
