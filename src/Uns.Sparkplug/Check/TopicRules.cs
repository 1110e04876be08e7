using System.Text;
using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.Check;

/// <summary>
/// Holds topics, and who uses them, against the rules for topics. Pure: what clients published goes in, in order; verdicts stand in the report.
/// </summary>
/// <param name="report">Takes the verdicts.</param>
/// <remarks>Sparkplug 3.0, chapters 1.4 and 4, and 5.2.</remarks>
public sealed class TopicRules(CheckReport report)
{
    private readonly Dictionary<EdgeNodeId, int> _speakers = [];
    private readonly Dictionary<EdgeNodeId, HashSet<string>> _devices = [];
    private readonly Dictionary<string, string> _byCase = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Takes one message that a client published.</summary>
    /// <param name="topic">Its topic name.</param>
    /// <param name="connection">Which connection it came on; a new one after a death is the same node's.</param>
    public void Take(string topic, int connection)
    {
        var levels = topic.Split('/');
        report.Must(
            levels[0] == SparkplugTopic.Namespace && levels.Length >= 3, $"'{topic}' is not of the namespace {SparkplugTopic.Namespace}.",
            "tck-id-topic-structure-namespace-a", "tck-id-topic-structure");
        if (levels.Length == 3 && levels[1] == "STATE")
        {
            report.Must(true, "", "tck-id-topic-structure", "tck-id-topic-structure-namespace-device-id-non-associated-message-types");
            return;
        }

        var isKnown = SparkplugTopic.TryParse(topic, out var parsed);
        report.Must(isKnown, $"'{topic}' is no Sparkplug topic.", "tck-id-topic-structure");
        JudgeLevels(topic, levels);
        if (isKnown)
        {
            JudgeNode(parsed, connection);
            JudgeDevice(parsed);
        }
    }

    private void JudgeLevels(string topic, string[] levels)
    {
        if (levels.Length >= 3)
        {
            var isDevices = levels[2] is "DBIRTH" or "DDEATH" or "DDATA" or "DCMD";
            report.Must(
                levels.Length == (isDevices ? 5 : 4), $"'{topic}' has {levels.Length} levels.",
                isDevices ? "tck-id-topic-structure-namespace-device-id-associated-message-types" : "tck-id-topic-structure-namespace-device-id-non-associated-message-types");
        }

        JudgeId(levels, 1, "tck-id-intro-group-id-string", "tck-id-intro-group-id-chars", "tck-id-topic-structure-namespace-valid-group-id");
        JudgeId(levels, 3, "tck-id-intro-edge-node-id-string", "tck-id-intro-edge-node-id-chars", "tck-id-topic-structure-namespace-valid-edge-node-id");
        JudgeId(levels, 4, "tck-id-intro-device-id-string", "tck-id-intro-device-id-chars", "tck-id-topic-structure-namespace-valid-device-id");
    }

    private void JudgeId(string[] levels, int place, string text, string characters, string valid)
    {
        if (place >= levels.Length)
        {
            return;
        }

        var id = levels[place];
        var isText = id.Length > 0 && !id.Contains('\uFFFD') && Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(id)) == id;
        report.Must(isText, $"'{id}' is no text.", text, valid);
        report.Must(SparkplugTopic.Fault(id) is null, $"'{id}' holds what a topic level cannot carry.", characters, valid);
        var told = _byCase.TryAdd($"{place}:{id}", id) || _byCase[$"{place}:{id}"] == id;
        report.Should(told, $"'{id}' and another id differ only in case.", "tck-id-case-sensitivity-sparkplug-ids");
    }

    // One name, one live publisher.
    private void JudgeNode(in SparkplugTopic topic, int connection)
    {
        if (topic.Verb is MessageVerb.NCmd or MessageVerb.DCmd)
        {
            return; // Said by a host.
        }

        if (topic.Verb == MessageVerb.NDeath)
        {
            _speakers.Remove(topic.Node);
            return;
        }

        var isOne = !_speakers.TryGetValue(topic.Node, out var speaker) || speaker == connection;
        _speakers[topic.Node] = connection;
        report.Must(
            isOne, $"Two connections speak as {topic.Node}.",
            "tck-id-intro-edge-node-id-uniqueness", "tck-id-topic-structure-namespace-unique-edge-node-descriptor");
    }

    private void JudgeDevice(in SparkplugTopic topic)
    {
        if (!_devices.TryGetValue(topic.Node, out var devices))
        {
            _devices.Add(topic.Node, devices = new(StringComparer.Ordinal));
        }

        switch (topic.Verb)
        {
            case MessageVerb.NBirth:
                devices.Clear();
                break;
            case MessageVerb.DDeath:
                devices.Remove(topic.Device!);
                break;
            case MessageVerb.DBirth:
                report.Must(
                    devices.Add(topic.Device!), $"'{topic.Device}' was born twice without a death or an NBIRTH between.",
                    "tck-id-topic-structure-namespace-unique-device-id");
                var (node, device) = (topic.Node, topic.Device!);
                if (_devices.Any(other => other.Key != node && other.Value.Contains(device)))
                {
                    report.Must(true, "", "tck-id-topic-structure-namespace-duplicate-device-id-across-edge-node");
                }

                break;
            default:
                break;
        }
    }
}
